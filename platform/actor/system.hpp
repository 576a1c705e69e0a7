#pragma once

#include "platform/net/poller.hpp"

#include <caf/actor_system_config.hpp>

#include <cstddef>
#include <thread>

namespace troupe::actor {

/// How the work-stealing scheduler is set up.
struct scheduler_options {
  /// Workers; 0: one for each core this process may use (affinity mask and cgroup quota).
  std::size_t workers = 0;
};

/// Cores that this process may use: the affinity mask, cut by the cgroup's CPU quota (rounded up). At least 1.
[[nodiscard]] std::size_t usable_cores();

/// Lets this thread, and those that it starts from now on, wake without displacing what runs (SCHED_BATCH, sched(7)). A class other than the usual one, which
/// somebody has chosen, stays. False, with errno set, where that is forbidden.
[[nodiscard]] bool schedule_as_batch() noexcept;

/// Makes the platform's message types known to CAF. Call once, before the first actor system; services add theirs.
void register_platform_types();

/// The scheduler settings Troupe runs with. Why they are what they are stands in platform/README.md with the measurements.
class system_config : public caf::actor_system_config {
 public:
  /// The poller must outlive the actor system.
  system_config(const scheduler_options& options, net::poller& poller);

 private:
  std::jthread waiting_; // ends after the actor system
};

} // namespace troupe::actor
