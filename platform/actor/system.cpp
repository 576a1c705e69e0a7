#include "platform/actor/system.hpp"

#include "platform/actor/scheduler.hpp"
#include "platform/actor/type_ids.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace troupe::actor {

std::size_t usable_cores() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::size_t cores = 1;
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0) cores = static_cast<std::size_t>(CPU_COUNT(&mask));
  // cgroup v2: "<quota> <period>" or "max <period>".
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (file >> quota >> period && quota != "max" && period > 0) {
    const double share = std::strtod(quota.c_str(), nullptr) / period;
    if (share > 0) cores = std::min(cores, static_cast<std::size_t>(share) + (share > static_cast<double>(static_cast<std::size_t>(share)) ? 1 : 0));
  }
  return std::max<std::size_t>(cores, 1);
}

bool schedule_as_batch() noexcept {
  if (::sched_getscheduler(0) != SCHED_OTHER) return true;
  const sched_param none{};
  return ::sched_setscheduler(0, SCHED_BATCH, &none) == 0;
}

void register_platform_types() {
  caf::core::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::troupe_platform>();
}

system_config::system_config(const scheduler_options& options, net::poller& poller) {
  const auto workers = options.workers > 0 ? options.workers : usable_cores();
  set("caf.scheduler.policy", "stealing");
  set("caf.scheduler.max-threads", workers);
  // A flooded service actor must not hold its worker: after this many messages, each of which may be a batch of requests, the others have their turn.
  set("caf.scheduler.max-throughput", 512 / request_batch::most);
  waiting_ = wait_in_poller(*this, poller);
}

} // namespace troupe::actor
