#pragma once

#include "platform/app/options.hpp"
#include "platform/app/tier.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::app {

/// A service the program knows: in the order in which they must be started.
struct service_entry {
  std::string name;
  std::function<void()> register_types;
  std::function<void(tier&)> start;
};

/// Exit codes of the program.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// Runs the configured services until SIGTERM or SIGINT, then drains: not ready, no new connections, answers what is in flight,
/// writes what services hold in memory, ends. A second signal ends at once (what was acknowledged is on disk).
/// SIGHUP loads the certificates again, which also happens when their files change.
/// When all listen, prints one JSON line {"event":"ready","listen":"HOST:PORT","admin":"HOST:PORT","url":"http://HOST:PORT","admin_url":...} on
/// standard output; the URLs say https where a listener speaks TLS.
/// Returns an exit code; a failure to start says in one line on standard error what to do. Call once, from the main thread.
[[nodiscard]] int run(const options& o, const origins& from, const std::vector<service_entry>& services);

} // namespace troupe::app
