#pragma once

#include "platform/actor/service.hpp"
#include "platform/policy/restart_policy.hpp"

#include <caf/actor.hpp>

#include <functional>
#include <memory>

namespace troupe::actor {

struct supervision {
  policy::restart_policy::options restarts;
};

/// Starts one replica of a service; called again after a crash. May throw or return an empty handle: that counts as a crash.
using replica_factory = std::function<caf::strong_actor_ptr(std::size_t replica)>;

/// Spawns the supervisor of one service: it starts every replica, puts their handles into the slot, and when one ends
/// otherwise than by `exit_reason::normal` or `user_shutdown` empties its place, waits (longer each time) and starts it again.
/// After too many crashes the place stays empty: the service's routes answer 503 while everything else goes on.
/// All replicas have been started when it returns. Send it an exit message to end the replicas and then itself.
[[nodiscard]] caf::actor supervise(caf::actor_system& system, std::shared_ptr<service_slot> slot, replica_factory factory,
                                   const supervision& options = {});

} // namespace troupe::actor
