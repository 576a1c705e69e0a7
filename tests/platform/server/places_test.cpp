// Memory that cannot be had, and routes that throw, at every point where a place has been taken: whoever asked is answered, and the place is free again.

#include "platform/server/files.hpp"
#include "platform/websocket/close_code.hpp"
#include "tests/platform/server/feed.hpp"
#include "tests/platform/server/running_server.hpp"
#include "tests/platform/server/scratch_tree.hpp"
#include "tests/support/failing_allocation.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::server::test;
using troupe::test::fail_allocation;
using troupe::test::failing_allocation;

namespace {

// "hold" is answered at "release"; every stream has one chunk, and every message of a channel is answered with itself.
using stage = caf::typed_actor<caf::result<actor::stream_opened>(actor::envelope, word), caf::result<actor::stream_chunk>(actor::envelope, actor::next_chunk),
                               caf::result<void>(actor::cancel_stream), caf::result<void>(actor::envelope, feed_opened),
                               caf::result<word>(actor::envelope, feed_received), caf::result<void>(actor::envelope, feed_closed)>;

stage::behavior_type act(stage::pointer self, const actor::service_metrics& metrics, const std::shared_ptr<diary>& seen) {
  const auto held = std::make_shared<caf::typed_response_promise<actor::stream_opened>>();
  return actor::serve<stage>(
      self, metrics,
      [self, held](const actor::envelope&, const word& said) -> caf::result<actor::stream_opened> {
        if (said.text == "hold") return *held = self->make_response_promise<actor::stream_opened>();
        if (said.text == "release") held->deliver(actor::stream_opened{1});
        return actor::stream_opened{1};
      },
      [](const actor::envelope&, const actor::next_chunk&) { return actor::stream_chunk{base::shared_bytes("whole"), true}; },
      [seen](const actor::cancel_stream&) { seen->add("cancelled"); },
      [seen](const actor::envelope&, const feed_opened&) -> caf::result<void> {
        seen->add("opened");
        return {};
      },
      [](const actor::envelope&, const feed_received& received) -> caf::result<word> { return received.message; },
      [seen](const actor::envelope&, const feed_closed& closed) {
        seen->add("closed");
        seen->add("closed " + std::to_string(closed.code));
      });
}

/// Another endpoint, in which the allocation that the query's `fail` numbers fails: in its start with `/...?fail=N`, and once it has finished with
/// `fail_after_finish`.
class unlucky final : public server::endpoint {
 public:
  explicit unlucky(std::shared_ptr<server::endpoint> inner) : inner_(std::move(inner)) {}

  std::optional<http::response> start(server::call_site& site, const http::request& request) const override {
    const auto number = request.query_parameter("fail");
    if (!number) return inner_->start(site, request);
    const failing_allocation one(std::stoul(*number));
    return inner_->start(site, request);
  }
  http::response finish(const caf::message& reply) const override {
    auto response = inner_->finish(reply);
    fail_allocation(fail_after_finish.exchange(0));
    return response;
  }
  std::uint64_t opened_stream(const caf::message& reply) const override { return inner_->opened_stream(reply); }

  mutable std::atomic<std::size_t> fail_after_finish{0};

 private:
  std::shared_ptr<server::endpoint> inner_;
};

/// A channel whose first message that tells of an end cannot be made.
class abrupt final : public server::channel_endpoint {
 public:
  explicit abrupt(std::shared_ptr<server::channel_endpoint> inner) : channel_endpoint({}), inner_(std::move(inner)) {}

  actor::service_slot& slot() const override { return inner_->slot(); }
  base::result<caf::message> receive(actor::envelope&& envelope, const std::shared_ptr<server::channel_link>& link,
                                     const server::incoming& message) const override {
    return inner_->receive(std::move(envelope), link, message);
  }
  std::optional<server::outgoing> answer(const caf::message& reply) const override { return inner_->answer(reply); }
  caf::message closed(actor::envelope&& envelope, const std::shared_ptr<server::channel_link>& link, std::uint16_t code,
                      std::string_view reason) const override {
    if (!has_failed_.exchange(true)) throw std::bad_alloc();
    return inner_->closed(std::move(envelope), link, code, reason);
  }

 private:
  base::result<void> begin(server::call_site& site, const http::request&, websocket::handshake::verdict&& agreed) const override {
    auto link = site.begin_channel(*this, std::move(agreed));
    if (link.has_error()) return link.error();
    return site.send(slot(), caf::make_message(std::move(site.envelope()), feed_opened{{*link, nullptr}, topic{}}));
  }

  std::shared_ptr<server::channel_endpoint> inner_;
  mutable std::atomic<bool> has_failed_{false};
};

struct world {
  explicit world(const server::limits& bounds = {}) {
    const auto handle = system.spawn([this](stage::pointer self) { return act(self, measured, seen); });
    slot->set(0, caf::actor_cast<caf::strong_actor_ptr>(handle));
    const actor::service<stage> service(slot);
    const auto decode = [](const http::request& r) -> base::result<word> { return word{r.path.substr(1) == "hold" ? "hold" : "release"}; };
    const auto head = [](const actor::stream_opened&) {
      http::response r;
      r.content_type = "text/plain";
      return r;
    };
    const auto failure = [](const actor::stream_opened&) {
      http::response r;
      r.status = 500;
      r.body = base::shared_bytes(std::string(1000, 'x'));
      return r;
    };
    const auto channel = server::converse(
        service, [](const http::request&) -> base::result<topic> { return topic{}; },
        [](const server::incoming& m) -> base::result<word> { return word{std::string(m.bytes)}; },
        +[](const word& w) { return server::outgoing{true, base::shared_bytes(w.text)}; });
    called = std::make_shared<unlucky>(server::call(service, decode, head));
    streamed = std::make_shared<unlucky>(server::stream_from(service, decode, head));
    failing = std::make_shared<unlucky>(server::call(service, decode, failure));
    routes.get("/call", called);
    routes.get("/first", called).with_priority(actor::priority::high);
    routes.get("/stream", streamed);
    routes.get("/failure", failing);
    routes.get("/hold", server::call(service, decode, head)).within(20s);
    routes.get("/release", server::call(service, decode, head));
    routes.get("/now", server::respond([](const http::request&) { return http::json_response(200, "{}"); }));
    routes.get("/channel", std::make_shared<unlucky>(channel));
    routes.websocket("/abrupt", std::make_shared<abrupt>(channel));
    routes.get("/files/{path...}", std::make_shared<unlucky>(server::files(tree.inside(), {.most_open = 1}).value()));
    listening = server::server::start(system, {.connection_actors = 1, .limits = bounds}, routes, registry, *poller).value();
  }
  ~world() {
    listening->stop(0ms);
    for (const auto& handle : slot->handles()) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    slot->set(0, nullptr);
  }

  [[nodiscard]] std::uint16_t port() const { return listening->where().port; }
  /// Whether, once the connection actor has had its turns, nothing is held for anybody.
  [[nodiscard]] bool holds_nothing() {
    const auto end = std::chrono::steady_clock::now() + 10s;
    const auto pool = [&](const char* name) { return registry.gauge("troupe_http_pool_in_use", "", {{"listener", "public"}, {"pool", name}}).value(); };
    const auto gauge = [&](const char* name) { return registry.gauge(name, "", {{"listener", "public"}}).value(); };
    while (slot->in_flight.count() != 0 || pool("exchanges") != 0 || pool("streams") != 0 || pool("intakes") != 0 ||
           gauge("troupe_http_held_answer_bytes") != 0 || gauge("troupe_http_held_request_bytes") != 0) {
      if (std::chrono::steady_clock::now() > end) {
        UNSCOPED_INFO("in flight " << slot->in_flight.count() << ", exchanges " << pool("exchanges") << ", streams " << pool("streams") << ", intakes "
                                   << pool("intakes") << ", answers " << gauge("troupe_http_held_answer_bytes"));
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  std::shared_ptr<diary> seen = std::make_shared<diary>();
  scratch_tree tree;
  metrics::registry registry;
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{1}, *poller};
  actor::service_metrics measured{registry, "stage", 0};
  server::routes routes;
  std::shared_ptr<unlucky> called, streamed, failing;
  std::shared_ptr<actor::service_slot> slot = std::make_shared<actor::service_slot>("stage", 0, 1, 1000);
  caf::actor_system system{config};
  std::unique_ptr<server::server> listening;
};

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n"; }

std::string upgrade(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

/// The status of the next answer, whose body is passed over.
std::string status(feed_client& c) {
  const auto head = c.read_head();
  return head.size() < 12 ? "closed" : head.substr(9, 3);
}

std::string failing_at(const std::string& target, std::size_t number) { return target + "?fail=" + std::to_string(number); }

constexpr std::size_t most_allocations = 200; // of one start

} // namespace

TEST_CASE("whichever allocation of a call fails, its client hears 500 and its place in the service's limit is free again") {
  // Alone, and behind one for which the service has been scheduled already.
  for (const auto& [before, route] : {std::pair("", "/call"), std::pair("/first", "/call"), std::pair("/first", "/first")}) {
    std::string last;
    for (std::size_t n = 1; n <= most_allocations && last != "200"; ++n) {
      INFO(before << " " << route << ", allocation " << n);
      world w; // what is allocated once is allocated again
      feed_client c(w.port());
      const bool is_alone = std::string_view(before).empty();
      c.send((is_alone ? "" : get(before)) + get(failing_at(route, n)));
      if (!is_alone) CHECK(status(c) == "200");
      last = status(c);
      if (last != "200") CHECK(last == "500");
      REQUIRE(w.holds_nothing());
      c.send(get(route));
      CHECK(status(c) == "200");
      REQUIRE(w.holds_nothing());
    }
    CHECK(last == "200"); // all were tried
  }
}

TEST_CASE("an allocation that fails as a full batch of others' calls is to leave takes none of them along") {
  constexpr auto full = actor::request_batch::most;
  server::limits bounds;
  bounds.pipeline_depth = 100;
  for (const auto place : {full - 1, full, full + 1}) {
    std::string last;
    for (std::size_t n = 1; n <= most_allocations && last != "200"; ++n) {
      INFO("call " << place << ", allocation " << n);
      world w(bounds);
      auto all = get("/first"); // so that the service has been scheduled
      for (std::size_t i = 0; i < 2 * full; ++i) all += get(i == place ? failing_at("/call", n) : "/call");
      feed_client c(w.port());
      c.send(all);
      CHECK(status(c) == "200");
      for (std::size_t i = 0; i < 2 * full; ++i) {
        const auto said = status(c);
        if (i == place) last = said;
        if (i != place || said != "500") REQUIRE(said == "200");
      }
      REQUIRE(w.holds_nothing());
    }
    CHECK(last == "200");
  }
}

TEST_CASE("whichever allocation of a channel's opening fails, the connection goes on, no place is lost, and each opening has its end") {
  server::limits bounds;
  bounds.sessions = 1; // the pool of WebSockets has 64 places then
  std::string last;
  for (std::size_t n = 1; n <= most_allocations && last != "101"; ++n) {
    INFO("allocation " << n);
    world w(bounds);
    {
      feed_client c(w.port());
      for (int i = 0; i < 70 && last != "101"; ++i) {
        c.send(upgrade(failing_at("/channel", n)));
        last = status(c);
        if (i > 0 && last == "101") last = "101 later"; // what is allocated once was there
        if (!last.starts_with("101")) CHECK(last == "500");
        if (last.starts_with("101")) break;
      }
    }
    feed_client again(w.port());
    again.send(upgrade("/channel"));
    CHECK(status(again) == "101");
    again.say("hi");
    CHECK(again.read() == "text:hi");
    const auto opened = w.seen->count("opened");
    CHECK(opened == (last.starts_with("101") ? 2 : 1));
    REQUIRE(w.holds_nothing());
    CHECK(w.seen->count("closed") == opened - 1);
  }
  CHECK(last == "101");
}

TEST_CASE("an allocation that fails as a stream is taken on gives back the stream's place and tells its service") {
  for (std::size_t n = 1; n <= 3; ++n) { // those of the first record in a pool
    INFO("allocation " << n);
    world w;
    w.streamed->fail_after_finish = n;
    feed_client c(w.port());
    c.send(get("/stream"));
    CHECK(status(c) == "500");
    CHECK(w.seen->has("cancelled"));
    REQUIRE(w.holds_nothing());
    server::test::client whole(w.port());
    whole.send(get("/stream"));
    CHECK(whole.read_until("0\r\n\r\n").find("whole") != std::string::npos);
    REQUIRE(w.holds_nothing());
  }
}

TEST_CASE("an allocation that fails as a stream takes the connection loses no record of what came behind it") {
  for (std::size_t n = 4; n <= 6; ++n) { // behind those of the first stream
    INFO("allocation " << n);
    world w;
    w.streamed->fail_after_finish = n;
    feed_client c(w.port());
    c.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /st");
    CHECK(status(c) == "500");
    REQUIRE(w.holds_nothing());
  }
}

TEST_CASE("a slab that cannot grow has as many places as before, and grows later") {
  for (std::size_t n = 1; n <= 3; ++n) {
    INFO("allocation " << n);
    server::slab<int, 4> records(8);
    {
      const failing_allocation one(n);
      CHECK_THROWS_AS(records.acquire(), std::bad_alloc);
    }
    CHECK(records.in_use() == 0);
    for (int i = 0; i < 8; ++i) CHECK(records.acquire() != server::slab<int>::none);
    CHECK(records.acquire() == server::slab<int>::none);
  }
}

TEST_CASE("an answer that cannot be completed is counted once, by what takes its place") {
  world w;
  w.failing->fail_after_finish = 1;
  feed_client c(w.port());
  c.send(get("/failure"));
  CHECK(status(c) == "500");
  REQUIRE(w.holds_nothing());
  c.send(get("/failure"));
  CHECK(status(c) == "500");
  REQUIRE(w.holds_nothing());
}

TEST_CASE("whichever allocation of a file's answer fails, its place among the open files is free again") {
  world w;
  w.tree.write("a.txt", "text");
  feed_client c(w.port());
  std::string last;
  for (std::size_t n = 1; n <= most_allocations && last != "200"; ++n) {
    INFO("allocation " << n);
    c.send(get(failing_at("/files/a.txt", n)));
    last = status(c);
    if (last != "200") CHECK(last == "500");
    c.send(get("/files/a.txt"));
    REQUIRE(status(c) == "200");
  }
  CHECK(last == "200");
}

TEST_CASE("a channel that is refused as its service cannot be told is left once, and the service is told later") {
  server::limits bounds;
  bounds.answer_bytes = 0; // with an answer that waits, none has room, and a 101 becomes 503
  world w(bounds);
  feed_client c(w.port());
  c.send(get("/hold") + get("/now") + upgrade("/abrupt"));
  CHECK(w.seen->has("opened"));
  CHECK(w.seen->has("closed"));
  feed_client other(w.port());
  other.send(get("/release"));
  status(other);
  for (int i = 0; i < 3; ++i) CHECK(status(c) == "503");
  REQUIRE(w.holds_nothing());
  CHECK(w.seen->count("closed") == 1);
}

TEST_CASE("a channel whose service cannot be told of its end ends all the same, and the service is told") {
  server::limits bounds;
  bounds.answer_bytes = 0; // the first message that waits for its client is too much
  world w(bounds);
  feed_client c(w.port());
  c.send(upgrade("/abrupt"));
  CHECK(status(c) == "101");
  c.say("hi");
  CHECK(c.read() == "text:hi");
  CHECK(c.read().starts_with("close 1011:"));
  CHECK(w.seen->has("closed 1011"));
  REQUIRE(w.holds_nothing());
}
