#include "platform/actor/turn_actor.hpp"

#include "platform/net/socket.hpp"
#include "tests/platform/actor/types.hpp"

#include <caf/after.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <sys/eventfd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::actor;
namespace base = troupe::base;
namespace net = troupe::net;

namespace {

// What an actor did, in order, for the test to wait for and look at.
class record {
 public:
  void add(std::string what) {
    const std::lock_guard lock(guard_);
    all_.push_back(std::move(what));
    changed_.notify_all();
  }
  // Waits until there are that many entries, at most ten seconds.
  bool reaches(std::size_t count) {
    std::unique_lock lock(guard_);
    return changed_.wait_for(lock, 10s, [&] { return all_.size() >= count; });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(guard_);
    return all_;
  }
  std::size_t count(std::string_view what) {
    const std::lock_guard lock(guard_);
    return static_cast<std::size_t>(std::count(all_.begin(), all_.end(), what));
  }

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

// Writes down its messages and turns; what a turn decides is the test's.
class recorder final : public turn_actor {
 public:
  enum class next { again, park, rest, quit };
  using decide = std::function<next(std::size_t messages)>;

  recorder(caf::actor_config& config, std::shared_ptr<record> seen, decide decide_next, net::poller* poller, int fd)
      : turn_actor(config), seen_(std::move(seen)), decide_(std::move(decide_next)) {
    if (poller) watched_ = watch(*poller, fd).has_value();
  }

  const char* name() const override { return "recorder"; }

 private:
  void on_message(caf::mailbox_element& element) override {
    if (!element.payload.match_elements<test::ask>()) return seen_->add("other");
    const auto& text = element.payload.get_as<test::ask>(0).text;
    seen_->add(text);
    if (element.mid.is_request() && text != "silent") {
      caf::actor_cast<caf::actor>(element.sender)
          ->enqueue(make_element(ctrl(), element.mid.response_id(), caf::make_message(test::told{"re " + text})), context());
    }
  }
  verdict on_turn(std::size_t messages) override {
    seen_->add("turn " + std::to_string(messages));
    switch (decide_(messages)) {
    case next::again: return verdict::again;
    case next::park: return verdict::park;
    case next::rest: return verdict::rest;
    case next::quit: break;
    }
    return verdict::quit;
  }

  std::shared_ptr<record> seen_;
  decide decide_;
  bool watched_ = false;
};

using next = recorder::next;

// An actor system with real workers and a poller. Every actor of a test quits when it is told "quit".
struct stage {
  caf::actor spawn(recorder::decide decide, int fd = -1) {
    return caf::actor_cast<caf::actor>(
        system.spawn<recorder>(seen, std::move(decide), fd < 0 ? nullptr : workers.poller.get(), fd));
  }
  void tell(const caf::actor& whom, std::string text) { caf::anon_send(whom, test::ask{std::move(text)}); }
  bool quits(const caf::actor& whom) {
    self->monitor(whom);
    bool down = false;
    self->receive([&](const caf::down_msg& d) { down = d.source == whom.address(); },
                  caf::after(10s) >> [] {});
    return down;
  }

  test::two_workers workers;
  std::shared_ptr<record> seen = std::make_shared<record>();
  caf::actor_system system{workers.config};
  caf::scoped_actor self{system};
};

// Decides until "quit" has come: the message is in the record before the turn.
recorder::decide until_told(std::shared_ptr<record> seen, next otherwise) {
  return [seen, otherwise](std::size_t) { return seen->count("quit") > 0 ? next::quit : otherwise; };
}

net::socket event() { return net::socket(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void signal(int fd) {
  const std::uint64_t one = 1;
  REQUIRE(::write(fd, &one, sizeof one) == sizeof one);
}

} // namespace

TEST_CASE("an answer without content is an answer and no wake-up") {
  stage s;
  const auto actor = s.spawn(until_told(s.seen, next::park));
  const auto answer = request_id(7).response_id();
  caf::actor_cast<caf::abstract_actor*>(actor)->enqueue(make_element(nullptr, answer, caf::message{}), nullptr);
  s.tell(actor, "quit");
  REQUIRE(s.quits(actor));
  CHECK(s.seen->count("other") == 1);
}

TEST_CASE("messages are handed over in the order in which they came, all before the turn") {
  stage s;
  // The first turn lasts until three messages have come, so that they are all there at the second.
  std::mutex guard;
  std::condition_variable changed;
  bool sent = false, first = true;
  const auto actor = s.spawn([&](std::size_t) {
    if (!first) return s.seen->count("quit") > 0 ? next::quit : next::park;
    first = false;
    std::unique_lock lock(guard);
    changed.wait_for(lock, 10s, [&] { return sent; });
    return next::park;
  });
  REQUIRE(s.seen->reaches(1));
  for (const auto* text : {"a", "b", "c"}) s.tell(actor, text);
  {
    const std::lock_guard lock(guard);
    sent = true;
    changed.notify_all();
  }
  REQUIRE(s.seen->reaches(5));
  CHECK(s.seen->all() == std::vector<std::string>{"turn 0", "a", "b", "c", "turn 3"});
  s.tell(actor, "quit");
  CHECK(s.quits(actor));
}

TEST_CASE("a message wakes an actor that parks or rests") {
  for (const auto idle : {next::park, next::rest}) {
    stage s;
    const auto actor = s.spawn(until_told(s.seen, idle));
    REQUIRE(s.seen->reaches(1));
    for (int i = 0; i < 100; ++i) {
      s.tell(actor, "m");
      REQUIRE(s.seen->reaches(3 + 2 * static_cast<std::size_t>(i)));
    }
    s.tell(actor, "quit");
    CHECK(s.quits(actor));
    CHECK(s.seen->count("m") == 100);
  }
}

TEST_CASE("no message is lost and none overtakes another of its sender, however many senders press") {
  stage s;
  const auto actor = s.spawn(until_told(s.seen, next::park));
  constexpr int senders = 3, each = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < senders; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) s.tell(actor, std::to_string(t) + ":" + std::to_string(i));
    });
  }
  for (auto& t : threads) t.join();
  s.tell(actor, "quit");
  CHECK(s.quits(actor));
  std::vector<int> expected(senders, 0);
  for (const auto& what : s.seen->all()) {
    const auto colon = what.find(':');
    if (colon == std::string::npos) continue;
    auto& count = expected[std::stoul(what)];
    REQUIRE(what.substr(colon + 1) == std::to_string(count));
    ++count;
  }
  CHECK(expected == std::vector<int>(senders, each));
}

TEST_CASE("a request is answered like that of any actor") {
  stage s;
  const auto actor = s.spawn(until_told(s.seen, next::park));
  s.self->request(actor, 10s, test::ask{"a"})
      .receive([](const test::told& t) { CHECK(t.text == "re a"); }, [](const caf::error& e) { FAIL(caf::to_string(e)); });
  s.tell(actor, "quit");
  CHECK(s.quits(actor));
}

TEST_CASE("C-94: a request to an actor that quits or has quit is answered with an error") {
  stage s;
  std::mutex guard;
  std::condition_variable changed;
  bool sent = false;
  // The request comes while the turn that quits is running.
  const auto actor = s.spawn([&](std::size_t) {
    std::unique_lock lock(guard);
    changed.wait_for(lock, 10s, [&] { return sent; });
    return next::quit;
  });
  REQUIRE(s.seen->reaches(1));
  auto while_quitting = s.self->request(actor, 10s, test::ask{"a"});
  {
    const std::lock_guard lock(guard);
    sent = true;
    changed.notify_all();
  }
  const auto must_fail = [](const test::told&) { FAIL("answered"); };
  while_quitting.receive(must_fail, [](const caf::error& e) { CHECK(from_caf(e).code == base::errc::unavailable); });
  CHECK(s.quits(actor));
  s.self->request(actor, 10s, test::ask{"b"}).receive(must_fail, [](const caf::error& e) {
    CHECK(from_caf(e).code == base::errc::unavailable);
    CHECK(e != caf::sec::request_timeout);
  });
  s.tell(actor, "dropped");
  CHECK(s.seen->all() == std::vector<std::string>{"turn 0"});
}

TEST_CASE("a monitor is told when a turn actor quits") {
  stage s;
  const auto actor = s.spawn(until_told(s.seen, next::park));
  s.self->monitor(actor);
  s.tell(actor, "quit");
  s.self->receive([&](const caf::down_msg& down) {
    CHECK(down.source == actor.address());
    CHECK(down.reason == caf::exit_reason::normal);
  });
}

TEST_CASE("readiness wakes an actor that parks, as often as it comes") {
  stage s;
  const auto descriptor = event();
  const int fd = descriptor.fd();
  const auto actor = s.spawn(
      [seen = s.seen, fd](std::size_t) {
        std::uint64_t count = 0;
        if (::read(fd, &count, sizeof count) == sizeof count) seen->add("ready");
        seen->add("has read");
        return seen->count("quit") > 0 ? next::quit : next::park;
      },
      fd);
  REQUIRE(s.seen->reaches(2)); // so that the first turn does not take the first signal
  for (std::size_t i = 1; i <= 50; ++i) {
    signal(fd);
    REQUIRE(s.seen->reaches(2 + 3 * i));
  }
  CHECK(s.seen->count("ready") == 50);
  CHECK(s.seen->count("turn 0") == 51); // never woken for nothing
  s.tell(actor, "quit");
  CHECK(s.quits(actor));
}

TEST_CASE("an actor that rests does not react to readiness, but to its due time") {
  stage s;
  const auto descriptor = event();
  const auto other = event();
  const auto resting = s.spawn(until_told(s.seen, next::rest), descriptor.fd());
  REQUIRE(s.seen->reaches(1));
  signal(descriptor.fd());
  // Another descriptor's readiness goes through the same poller after it.
  auto seen = std::make_shared<record>();
  const auto parking = caf::actor_cast<caf::actor>(
      s.system.spawn<recorder>(seen, until_told(seen, next::park), s.workers.poller.get(), other.fd()));
  REQUIRE(seen->reaches(1));
  signal(other.fd());
  REQUIRE(seen->reaches(2));
  CHECK(s.seen->all() == std::vector<std::string>{"turn 0"});

  auto& sleeper = dynamic_cast<recorder&>(*caf::actor_cast<caf::abstract_actor*>(resting));
  sleeper.due = base::clock::now().time_since_epoch().count();
  REQUIRE(s.seen->reaches(2));
  CHECK(s.seen->all() == std::vector<std::string>{"turn 0", "turn 0"});
  for (const auto& a : {resting, parking}) {
    s.tell(a, "quit");
    CHECK(s.quits(a));
  }
}

TEST_CASE("an actor that wants another turn lets the others have theirs") {
  stage s;
  // More busy actors than workers, and one that only answers.
  std::vector<caf::actor> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(caf::actor_cast<caf::actor>(s.system.spawn<recorder>(
        std::make_shared<record>(), [](std::size_t messages) { return messages > 0 ? next::quit : next::again; }, nullptr, -1)));
  }
  const auto actor = s.spawn(until_told(s.seen, next::park));
  s.self->request(actor, 10s, test::ask{"a"})
      .receive([](const test::told& t) { CHECK(t.text == "re a"); }, [](const caf::error& e) { FAIL(caf::to_string(e)); });
  for (const auto& b : busy) {
    s.tell(b, "end"); // a message is taken between two turns
    CHECK(s.quits(b));
  }
  s.tell(actor, "quit");
  CHECK(s.quits(actor));
}
