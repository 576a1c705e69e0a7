#pragma once

#include "platform/actor/compatibility.hpp"
#include "platform/net/poller.hpp"

#include <caf/actor_system_config.hpp>

#include <thread>

namespace troupe::actor {

/// Makes actor systems of this configuration run CAF's work-stealing scheduler with one difference: a worker that finds nothing to do
/// waits in the poller, for readiness of parked actors and for new jobs alike, instead of napping and then waiting on a condition variable. So
/// readiness costs one thread switch, to the thread that then does the work, as in a bare epoll loop. Busy workers look at
/// the poller every few jobs, so that nothing parked starves.
/// With CAF 1.x, whose scheduler cannot be replaced, a thread of its own waits in the poller instead: keep what is returned as
/// long as the actor systems; with 0.18 it is empty. The poller must outlive both.
[[nodiscard]] std::jthread wait_in_poller(caf::actor_system_config& config, net::poller& poller);

/// The worker that runs on this thread; null on any other thread.
[[nodiscard]] worker* current_worker() noexcept;

} // namespace troupe::actor
