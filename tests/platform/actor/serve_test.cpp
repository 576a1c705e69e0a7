#include "platform/actor/serve.hpp"

#include "tests/platform/actor/types.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::actor;
namespace base = troupe::base;
namespace metrics = troupe::metrics;

namespace {

// One service actor; nothing runs unless the test says so.
struct served {
  served() {
    const auto seen = begun;
    service = system.spawn([this, seen](test::echo::pointer service_self) -> test::echo::behavior_type {
      return serve<test::echo>(
          service_self, measured,
          [seen](const envelope&, const test::ask& a) -> base::result<test::told> {
            seen->push_back(a.text);
            if (a.text == "throw") throw std::runtime_error("secret place");
            if (a.text == "refuse") return base::fail(base::errc::conflict, "another operation holds it");
            return test::told{"told " + a.text};
          },
          [seen](const envelope&, const test::told& t) {
            seen->push_back(t.text);
            if (t.text == "throw") throw std::runtime_error("secret place");
          });
    });
    run();
  }
  ~served() {
    caf::anon_send_exit(service, caf::exit_reason::kill);
    run();
  }
  void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler()).run(); }

  base::result<std::string> ask(std::string text, envelope e = now()) {
    auto pending = self->request(service, caf::infinite, std::move(e), test::ask{std::move(text)});
    run();
    base::result<std::string> out = base::fail(base::errc::internal, "no answer");
    pending.receive([&](const test::told& t) { out = t.text; }, [&](const caf::error& x) { out = from_caf(x); });
    return out;
  }
  static envelope now() {
    envelope e;
    e.sent = base::clock::now();
    return e;
  }

  metrics::registry registry;
  service_metrics measured{registry, "echo", 0};
  std::shared_ptr<std::vector<std::string>> begun = std::make_shared<std::vector<std::string>>();
  test::testing_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  test::echo service;
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a handler's value is the answer") {
  served s;
  const auto got = s.ask("a");
  REQUIRE(got.has_value());
  CHECK(*got == "told a");
  CHECK(s.measured.handled->value() == 1);
  CHECK(s.measured.expired->value() == 0);
  CHECK(s.measured.crashed->value() == 0);
}

TEST_CASE("a handler's error arrives with its code and detail, and the actor goes on") {
  served s;
  const auto got = s.ask("refuse");
  REQUIRE(got.has_error());
  CHECK(got.error() == base::error{base::errc::conflict, "another operation holds it"});
  CHECK(s.ask("b").has_value());
  CHECK(s.measured.handled->value() == 2);
}

TEST_CASE("C-95: a request whose deadline has passed is never begun") {
  served s;
  auto late = served::now();
  late.deadline = base::clock::now() - 1ms;
  const auto got = s.ask("late", late);
  REQUIRE(got.has_error());
  CHECK(got.error().code == base::errc::deadline_exceeded);
  CHECK(s.begun->empty());
  CHECK(s.measured.handled->value() == 0);
  CHECK(s.measured.expired->value() == 1);
  auto in_time = served::now();
  in_time.deadline = base::clock::now() + 1h;
  CHECK(s.ask("in time", in_time).has_value());
  CHECK(*s.begun == strings{"in time"});
}

TEST_CASE("a deadline counts when the request is taken, not when it is sent") {
  served s;
  auto e = served::now();
  e.deadline = base::clock::now() + 1ms;
  auto pending = s.self->request(s.service, caf::infinite, std::move(e), test::ask{"waits"});
  while (base::clock::now() < e.deadline) {
  }
  s.run();
  pending.receive([](const test::told&) { FAIL("begun after its deadline"); },
                  [](const caf::error& x) { CHECK(from_caf(x).code == base::errc::deadline_exceeded); });
  CHECK(s.begun->empty());
}

TEST_CASE("C-89: a handler that throws answers that request, without saying why, and ends its actor") {
  served s;
  s.self->monitor(s.service);
  auto first = s.self->request(s.service, caf::infinite, served::now(), test::ask{"throw"});
  auto second = s.self->request(s.service, caf::infinite, served::now(), test::ask{"after"});
  s.run();
  first.receive([](const test::told&) { FAIL("answered"); },
                [](const caf::error& x) {
                  CHECK(from_caf(x).code == base::errc::internal);
                  CHECK(from_caf(x).detail.find("secret") == std::string::npos);
                });
  second.receive([](const test::told&) { FAIL("answered by a broken state"); },
                 [](const caf::error& x) { CHECK(from_caf(x).code == base::errc::unavailable); });
  CHECK(*s.begun == strings{"throw"});
  CHECK(s.measured.crashed->value() == 1);
  bool down = false;
  s.self->receive([&](const caf::down_msg& d) {
    down = true;
    CHECK(d.reason == base::errc::internal);
  });
  CHECK(down);
}

TEST_CASE("a message without an answer is handled and guarded like a request") {
  served s;
  s.self->send(s.service, served::now(), test::told{"a"});
  s.run();
  CHECK(*s.begun == strings{"a"});
  auto late = served::now();
  late.deadline = base::time_point();
  s.self->send(s.service, late, test::told{"late"});
  s.run();
  CHECK(*s.begun == strings{"a"});
  CHECK(s.measured.expired->value() == 1);
  s.self->send(s.service, served::now(), test::told{"throw"});
  s.run();
  CHECK(s.measured.crashed->value() == 1);
  const auto after = s.ask("b");
  REQUIRE(after.has_error());
  CHECK(after.error().code == base::errc::unavailable);
}

TEST_CASE("the wait in the mailbox is measured, also of what came too late") {
  served s;
  auto e = served::now();
  e.sent = base::clock::now() - 3s;
  CHECK(s.ask("a", e).has_value());
  e.deadline = base::clock::now() - 1s;
  CHECK(s.ask("b", e).has_error());
  const auto& seen = *s.measured.mailbox_wait;
  CHECK(seen.in_bucket(metrics::histogram::buckets - 1) == 2);
  CHECK(seen.sum_seconds() >= 6.0);
  CHECK(seen.sum_seconds() < 60.0);
}
