#pragma once

#include "platform/actor/type_ids.hpp"

#include <caf/behavior.hpp>
#include <caf/scheduled_actor.hpp>

#include <chrono>

namespace troupe::actor {

/// In a batch no answer waits longer than this, and one more handler, for those behind it.
inline constexpr std::chrono::microseconds longest_gathering{200};

/// Gives every request of a batch to the behaviour of a service actor, in their order, as if each had come alone: handlers see the caller as the sender and
/// may answer later with a promise. Returns the answers that are there at the end; those that have waited for `longest_gathering` have been sent alone, and
/// promises send theirs by themselves. Once the actor has begun to quit, the rest is answered as by an actor that is gone.
/// `handler_began`: when a handler was begun last, kept by the handlers. Call: from a handler of `self`, with the batch that it was given.
[[nodiscard]] answer_batch take_batch(caf::scheduled_actor& self, caf::behavior& behavior, request_batch& batch, const base::time_point& handler_began);

} // namespace troupe::actor
