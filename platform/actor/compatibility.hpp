#pragma once

// The one place that knows how CAF 0.18 and CAF 1.x differ in what Troupe uses.

#include <caf/abstract_actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/config.hpp>
#include <caf/default_attachable.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/resumable.hpp>

#if CAF_VERSION >= 10000
#  include <caf/scheduler.hpp>
#else
#  include <caf/execution_unit.hpp>
#  include <caf/scheduler/abstract_coordinator.hpp>
#endif

#include <cstdint>
#include <utility>

namespace troupe::actor {

#if CAF_VERSION >= 10000

/// The worker on which an actor runs; null outside an actor.
using worker = caf::scheduler;

/// Schedules a resumable: on the sender's own worker if there is one, else on any. Without memory for that the process ends: an actor that counts as
/// scheduled and is not would never run again.
inline void schedule(caf::actor_system& system, worker* current, caf::resumable* job) noexcept {
  if (current != nullptr) {
    current->delay(job);
  } else {
    system.scheduler().schedule(job);
  }
}

inline caf::mailbox_element_ptr make_element(caf::strong_actor_ptr sender, caf::message_id id, caf::message content) {
  return caf::make_mailbox_element(std::move(sender), id, std::move(content));
}

#else

/// The worker on which an actor runs; null outside an actor.
using worker = caf::execution_unit;

/// Schedules a resumable: on the sender's own worker if there is one, else on any. Without memory for that the process ends: an actor that counts as
/// scheduled and is not would never run again.
inline void schedule(caf::actor_system& system, worker* current, caf::resumable* job) noexcept {
  if (current != nullptr) {
    current->exec_later(job);
  } else {
    system.scheduler().enqueue(job);
  }
}

inline caf::mailbox_element_ptr make_element(caf::strong_actor_ptr sender, caf::message_id id, caf::message content) {
  return caf::make_mailbox_element(std::move(sender), id, {}, std::move(content));
}

#endif

/// Puts a message into an actor's mailbox. Without memory to schedule the actor the process ends, as with `schedule`.
inline void deliver(caf::abstract_actor& to, caf::mailbox_element_ptr element, worker* current) noexcept {
  to.enqueue(std::move(element), current);
}

/// Makes `observer` receive a `caf::down_msg` when `whom` ends; at once if it has.
inline void observe(caf::abstract_actor& whom, const caf::abstract_actor& observer) {
  whom.attach(caf::default_attachable::make_monitor(whom.address(), observer.address()));
}

/// A request id that comes back in the answer's `message_id` (60 bits, not 0).
inline caf::message_id request_id(std::uint64_t number) {
  return caf::message_id{number | caf::message_id::default_async_value};
}

/// The number given to `request_id`, from an answer.
inline std::uint64_t answered_number(caf::message_id id) { return id.request_id().integer_value(); }

} // namespace troupe::actor
