// Requests that come together and so go to their service together, through the real connection actor.

#include "platform/server/call_batches.hpp"

#include "platform/actor/serve.hpp"
#include "tests/platform/server/running_server.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;

namespace {

// Answers a number with itself. (With messages that CAF knows already.)
using mirror = caf::typed_actor<caf::result<actor::stream_chunk>(actor::envelope, actor::next_chunk)>;
constexpr std::uint64_t broken = 7;

struct world {
  world() {
    const auto handle = system.spawn([this](mirror::pointer self) -> mirror::behavior_type {
      return actor::serve<mirror>(self, measured, [](const actor::envelope&, const actor::next_chunk& asked) {
        if (asked.stream == broken) throw std::runtime_error("a mistake in a service");
        return actor::stream_chunk{base::shared_bytes(std::to_string(asked.stream)), true};
      });
    });
    slot->set(0, caf::actor_cast<caf::strong_actor_ptr>(handle));
    const auto decode = [](const http::request& r) -> base::result<actor::next_chunk> { return actor::next_chunk{std::stoul(std::string(r.query))}; };
    const auto encode = [](const actor::stream_chunk& chunk) {
      http::response r;
      r.body = chunk.bytes;
      return r;
    };
    const actor::service<mirror> service(slot);
    routes.get("/mirror", server::call(service, decode, encode));
    routes.get("/first", server::call(service, decode, encode)).with_priority(actor::priority::high);
    server::server_options options;
    options.connection_actors = 1;
    options.limits.pipeline_depth = 100;
    listening = server::server::start(system, std::move(options), routes, registry, *poller).value();
  }
  ~world() {
    listening->stop(0ms);
    end_service();
    slot->set(0, nullptr);
  }
  void end_service() {
    for (const auto& handle : slot->handles()) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  }

  metrics::registry registry;
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{1}, *poller};
  actor::service_metrics measured{registry, "mirror", 0};
  server::routes routes;
  std::shared_ptr<actor::service_slot> slot = std::make_shared<actor::service_slot>("mirror", 0, 1, 1000);
  caf::actor_system system{config};
  std::unique_ptr<server::server> listening;
};

// What comes of requests that are sent in one piece, the last with the wish to close: "200 1" or "503" for each.
std::vector<std::string> ask(const world& w, const std::vector<std::string>& targets) {
  std::string all;
  for (std::size_t i = 0; i < targets.size(); ++i)
    all += "GET " + targets[i] + " HTTP/1.1\r\nHost: h\r\n" + (i + 1 == targets.size() ? "Connection: close\r\n\r\n" : "\r\n");
  server::test::client client(w.listening->where().port);
  REQUIRE(client.send(all));
  std::vector<std::string> answers;
  const auto text = client.read_until({});
  constexpr std::string_view begin = "HTTP/1.1 ";
  for (auto at = text.find(begin); at != std::string::npos;) {
    const auto next = text.find(begin, at + 1);
    const auto answer = text.substr(at + begin.size(), next == std::string::npos ? next : next - at - begin.size());
    const auto status = answer.substr(0, 3);
    answers.push_back(status == "200" ? status + " " + answer.substr(answer.find("\r\n\r\n") + 4) : status);
    at = next;
  }
  return answers;
}

} // namespace

TEST_CASE("more requests of one turn than a batch holds are answered in their order") {
  world w;
  std::vector<std::string> targets, expected;
  for (int i = 100; i < 200; ++i) {
    targets.push_back("/mirror?" + std::to_string(i));
    expected.push_back("200 " + std::to_string(i));
  }
  CHECK(ask(w, targets) == expected);
  CHECK(w.slot->in_flight.count() == 0);
  CHECK(w.measured.handled->value() == 100);
}

TEST_CASE("one request alone, and those of high priority beside others, are answered like any") {
  world w;
  CHECK(ask(w, {"/mirror?1"}) == std::vector<std::string>{"200 1"});
  CHECK(ask(w, {"/mirror?1", "/first?2", "/mirror?3"}) == std::vector<std::string>{"200 1", "200 2", "200 3"});
}

TEST_CASE("C-89: a service that breaks at one request of a batch has answered those before, and each behind hears that it is gone") {
  world w;
  CHECK(ask(w, {"/mirror?1", "/mirror?7", "/mirror?3", "/mirror?4"}) == std::vector<std::string>{"200 1", "500", "503", "503"});
  CHECK(w.slot->in_flight.count() == 0);
}

TEST_CASE("requests to a replica that has ended are all answered, however they were sent") {
  world w;
  w.end_service();
  CHECK(ask(w, {"/mirror?1"}) == std::vector<std::string>{"503"});
  CHECK(ask(w, {"/mirror?1", "/mirror?2", "/first?3", "/mirror?4"}) == std::vector<std::string>{"503", "503", "503", "503"});
  CHECK(w.slot->in_flight.count() == 0);
}
