#include "platform/actor/supervisor.hpp"

#include "tests/platform/actor/types.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>

using namespace std::chrono_literals;
using namespace troupe::actor;
namespace base = troupe::base;

namespace {

// A supervised service of idle actors; nothing runs and no time passes unless the test says so.
struct supervised {
  explicit supervised(std::size_t replicas) {
    options.restarts.most = 3;
    options.restarts.window = 60s;
    options.restarts.first_wait = 20ms;
    options.restarts.longest_wait = 40ms;
    slot = std::make_shared<service_slot>("echo", 0, replicas, 10);
  }
  ~supervised() {
    caf::anon_send_exit(supervisor, caf::exit_reason::kill);
    end_all(caf::exit_reason::kill);
    scheduler().run();
  }
  void start() {
    supervisor = supervise(
        system, slot,
        [this](std::size_t replica) -> caf::strong_actor_ptr {
          ++starts;
          last = replica;
          if (fails) throw std::runtime_error("no database");
          if (gives_nothing) return nullptr;
          return caf::actor_cast<caf::strong_actor_ptr>(system.spawn([](caf::event_based_actor* self) -> caf::behavior {
            return {[self](tick) { self->quit(); }};
          }));
        },
        options);
    scheduler().run();
  }
  void end_all(caf::exit_reason reason) {
    for (auto& handle : slot->handles()) {
      if (handle) caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), reason);
    }
    scheduler().run();
  }
  void crash(std::size_t replica) {
    const auto whom = caf::actor_cast<caf::actor>(slot->handles()[replica]);
    caf::anon_send(whom, caf::exit_msg{whom.address(), to_caf({base::errc::internal, "crashed"})});
    scheduler().run();
  }
  void pass(std::chrono::milliseconds time) {
    scheduler().advance_time(time);
    scheduler().run();
  }
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  test::testing_config config;
  caf::actor_system system{config};
  supervision options;
  std::shared_ptr<service_slot> slot;
  caf::actor supervisor;
  int starts = 0;
  std::size_t last = 0;
  bool fails = false;
  bool gives_nothing = false;
};

} // namespace

TEST_CASE("all replicas are up when a service has been started") {
  supervised s(3);
  s.start();
  CHECK(s.starts == 3);
  CHECK(s.slot->up() == 3);
}

TEST_CASE("C-89: a replica that has crashed is started again after a wait, in its place") {
  supervised s(2);
  s.start();
  const auto before = s.slot->handles();
  s.crash(1);
  CHECK(s.slot->up() == 1);
  CHECK(s.slot->handles()[0] == before[0]);
  CHECK(s.starts == 2); // not at once
  s.pass(19ms);
  CHECK(s.starts == 2);
  s.pass(1ms);
  CHECK(s.starts == 3);
  CHECK(s.last == 1);
  CHECK(s.slot->up() == 2);
  CHECK(s.slot->handles()[0] == before[0]);
  CHECK(s.slot->handles()[1] != before[1]);
}

TEST_CASE("C-90: after too many crashes the place stays empty, and the other replica goes on") {
  supervised s(2);
  s.start();
  for (int i = 0; i < 3; ++i) {
    s.crash(0);
    s.pass(40ms);
    REQUIRE(s.slot->up() == 2);
  }
  s.crash(0);
  s.pass(60'000ms);
  CHECK(s.starts == 5);
  CHECK(s.slot->handles()[0] == nullptr);
  CHECK(s.slot->up() == 1);
  s.crash(1); // has its own count
  s.pass(20ms);
  CHECK(s.slot->handles()[1] != nullptr);
}

TEST_CASE("a replica that ends by itself or is told to is not started again") {
  for (const bool by_itself : {true, false}) {
    supervised s(1);
    s.start();
    if (by_itself) {
      caf::anon_send(caf::actor_cast<caf::actor>(s.slot->handles()[0]), tick{});
      s.scheduler().run();
    } else {
      s.end_all(caf::exit_reason::user_shutdown);
    }
    CHECK(s.slot->up() == 0);
    s.pass(60'000ms);
    CHECK(s.starts == 1);
  }
}

TEST_CASE("a replica that is killed is started again") {
  supervised s(1);
  s.start();
  s.end_all(caf::exit_reason::kill);
  s.pass(20ms);
  CHECK(s.slot->up() == 1);
}

TEST_CASE("a restart that fails counts as a crash and is tried again later") {
  supervised s(1);
  s.start();
  s.fails = true;
  s.crash(0);
  s.pass(20ms);
  CHECK(s.starts == 2);
  CHECK(s.slot->up() == 0);
  s.fails = false;
  s.gives_nothing = true;
  s.pass(40ms);
  CHECK(s.starts == 3);
  CHECK(s.slot->up() == 0);
  s.gives_nothing = false;
  s.pass(40ms);
  CHECK(s.starts == 4);
  CHECK(s.slot->up() == 1);
}

TEST_CASE("a first start that fails is the caller's to know") {
  supervised s(1);
  s.fails = true;
  CHECK_THROWS_WITH(s.start(), "no database");
}

TEST_CASE("a supervisor that is told to end ends its replicas and starts none") {
  supervised s(2);
  s.start();
  const auto replicas = s.slot->handles();
  caf::anon_send_exit(s.supervisor, caf::exit_reason::user_shutdown);
  s.scheduler().run();
  CHECK(s.slot->up() == 0);
  CHECK(s.system.registry().running() == 0);
  s.pass(60'000ms);
  CHECK(s.starts == 2);
}
