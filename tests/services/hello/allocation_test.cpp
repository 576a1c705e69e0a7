// Allocations of a request, counted through the real connection actor and the real hello actor.

#include "platform/actor/scheduler.hpp"
#include "platform/actor/system.hpp"
#include "platform/app/tier.hpp"
#include "platform/server/server.hpp"
#include "services/hello/contract.hpp"
#include "services/hello/service.hpp"
#include "tests/platform/server/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

namespace {

std::atomic<std::uint64_t> allocations{0}; // of workers: the client and CAF's other threads are not looked at

void* allocate(std::size_t size) noexcept {
  if (troupe::actor::current_worker() != nullptr) allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(std::max<std::size_t>(size, 1));
}

void* allocate_or_throw(std::size_t size) {
  if (auto* bytes = allocate(size)) return bytes;
  throw std::bad_alloc();
}

} // namespace

// All but the aligned ones, which keep to themselves.
void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete[](void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }
void operator delete[](void* bytes, std::size_t) noexcept { std::free(bytes); }
void operator delete(void* bytes, const std::nothrow_t&) noexcept { std::free(bytes); }
void operator delete[](void* bytes, const std::nothrow_t&) noexcept { std::free(bytes); }

namespace troupe::hello {

namespace {

[[maybe_unused]] const bool registered = [] {
  register_types();
  return true;
}();

// With one worker, so that what is sent in one piece is answered in as many turns each time.
struct greeter {
  greeter() {
    start(tier);
    const auto hello = tier.find<hello_actor>("hello");
    const auto encode = [](const greeting& given) {
      http::response r;
      r.body = given.text;
      return r;
    };
    tier.routes().get("/wasteful", server::call(hello,
                                                [](const http::request&) -> base::result<v1::GreetRequest> {
                                                  static std::unique_ptr<int> kept;
                                                  kept = std::make_unique<int>(1);
                                                  return v1::GreetRequest{};
                                                },
                                                encode));
    server::server_options options;
    options.connection_actors = 1;
    auto started = server::server::start(system, options, tier.routes(), registry, *poller);
    if (!started) throw std::runtime_error(started.error().detail);
    listening = std::move(*started);
  }
  ~greeter() {
    listening->stop(std::chrono::milliseconds(0));
    tier.stop();
  }

  metrics::registry registry;
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{1}, *poller};
  caf::actor_system system{config};
  app::tier tier{system, registry, "unused", 1, 1};
  std::unique_ptr<server::server> listening;
};

// While so many requests are answered that come in one piece: the fewest of many times.
std::uint64_t allocations_for(server::test::client& client, const std::string& path, std::size_t requests) {
  std::string all;
  for (std::size_t i = 0; i < requests; ++i) all += "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
  auto fewest = UINT64_MAX;
  for (int i = 0; i < 50; ++i) {
    const auto before = allocations.load();
    REQUIRE(client.send(all));
    for (std::size_t k = 0; k < requests; ++k) REQUIRE(client.read_until("\r\n\r\nHello").ends_with("Hello"));
    fewest = std::min(fewest, allocations.load() - before);
  }
  return fewest;
}

// What one request more costs. A turn costs a few allocations of the scheduler, however many requests it answers; they cancel out but
// for those that fall behind the last answer.
long allocations_a_request(server::test::client& client, const std::string& path) {
  constexpr std::size_t few = 4;
  constexpr std::size_t many = 32; // the depth up to which a session's requests are read
  allocations_for(client, path, many); // warm-up: slabs, queues and buffers grow once
  const auto of_many = allocations_for(client, path, many);
  const auto of_few = allocations_for(client, path, few);
  return std::lround((static_cast<double>(of_many) - static_cast<double>(of_few)) / (many - few));
}

} // namespace

// The requests of a turn and their answers travel in one mailbox element each, which cancels out. (What messages hold CAF gets from malloc, which
// nothing else here asks for memory.)
TEST_CASE("one keep-alive /hello more in a turn allocates nothing") {
  greeter g;
  server::test::client client(g.listening->where().port);
  CHECK(allocations_a_request(client, "/hello") == 0);
}

// Alone, a request pays for what a turn's requests share, all of it CAF's: the mailbox elements of the wake-up, the request and the answer, and for
// each of them a node of the worker's queue of jobs.
TEST_CASE("one keep-alive /hello alone in its turn allocates at most three mailbox elements and their three jobs") {
  greeter g;
  server::test::client client(g.listening->where().port);
  allocations_for(client, "/hello", 32); // warm-up
  CHECK(allocations_for(client, "/hello", 1) <= 6); // fewer, if the connection actor was awake still
}

TEST_CASE("one allocation more a request is seen") {
  greeter g;
  server::test::client client(g.listening->where().port);
  CHECK(allocations_a_request(client, "/wasteful") == 1);
}

} // namespace troupe::hello
