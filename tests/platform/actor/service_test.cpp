#include "platform/actor/service.hpp"

#include "tests/platform/actor/types.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

using namespace troupe::actor;

namespace {

// Three actors that do nothing, and a slot of three places.
struct three_replicas {
  three_replicas() {
    for (int i = 0; i < 3; ++i) {
      actors.push_back(system.spawn([](caf::event_based_actor* self) -> caf::behavior {
        self->set_default_handler(caf::drop);
        return {[](tick) {}};
      }));
      handles.push_back(caf::actor_cast<caf::strong_actor_ptr>(actors.back()));
    }
  }
  ~three_replicas() {
    for (const auto& a : actors) caf::anon_send_exit(a, caf::exit_reason::kill);
  }
  void fill() {
    for (std::size_t i = 0; i < 3; ++i) slot.set(i, handles[i]);
  }

  test::two_workers workers;
  caf::actor_system system{workers.config};
  std::vector<caf::actor> actors;
  std::vector<caf::strong_actor_ptr> handles;
  service_slot slot{"echo", 2, 3, 10};
};

} // namespace

TEST_CASE("a slot knows its replicas and which of them are up") {
  three_replicas r;
  CHECK(r.slot.name() == "echo");
  CHECK(r.slot.index() == 2);
  CHECK(r.slot.replicas() == 3);
  CHECK(r.slot.up() == 0);
  CHECK(r.slot.in_flight.most() == 10);
  const auto version = r.slot.version();
  r.slot.set(1, r.handles[1]);
  CHECK(r.slot.version() != version);
  CHECK(r.slot.up() == 1);
  CHECK(r.slot.handles() == std::vector<caf::strong_actor_ptr>{nullptr, r.handles[1], nullptr});
  r.slot.set(1, nullptr);
  CHECK(r.slot.up() == 0);
  CHECK_THROWS_AS(r.slot.set(3, r.handles[0]), std::out_of_range);
}

TEST_CASE("a cache finds the replica that is preferred, or the next one that is up") {
  three_replicas r;
  service_cache cache;
  CHECK(cache.find(r.slot, 0) == nullptr);
  r.fill();
  for (std::size_t i = 0; i < 9; ++i) CHECK(cache.find(r.slot, i) == r.handles[i % 3]->get());
  r.slot.set(1, nullptr);
  CHECK(cache.find(r.slot, 1) == r.handles[2]->get());
  r.slot.set(2, nullptr);
  CHECK(cache.find(r.slot, 1) == r.handles[0]->get());
  CHECK(cache.find(r.slot, 2) == r.handles[0]->get());
  r.slot.set(0, nullptr);
  CHECK(cache.find(r.slot, 0) == nullptr);
  r.slot.set(1, r.handles[1]);
  CHECK(cache.find(r.slot, 0) == r.handles[1]->get());
}

TEST_CASE("a cache keeps the services apart") {
  three_replicas r;
  service_slot other("other", 0, 1, 10);
  other.set(0, r.handles[2]);
  r.slot.set(0, r.handles[0]);
  service_cache cache;
  CHECK(cache.find(other, 0) == r.handles[2]->get());
  CHECK(cache.find(r.slot, 0) == r.handles[0]->get());
  CHECK(cache.find(other, 0) == r.handles[2]->get());
}

TEST_CASE("a service names the replicas that are up and is false without a slot") {
  const service<caf::actor> none;
  CHECK_FALSE(none);
  CHECK(none.handles().empty());
  three_replicas r;
  auto slot = std::make_shared<service_slot>("echo", 0, 3, 10);
  const service<caf::actor> some(slot);
  CHECK(some);
  CHECK(some.handles().empty());
  slot->set(2, r.handles[2]);
  slot->set(0, r.handles[0]);
  CHECK(some.handles() == std::vector<caf::actor>{r.actors[0], r.actors[2]});
}
