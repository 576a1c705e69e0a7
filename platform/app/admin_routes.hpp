#pragma once

#include "platform/app/tier.hpp"
#include "platform/server/routes.hpp"

#include <atomic>
#include <functional>
#include <string>

namespace troupe::app {

/// What the admin listener needs of the running program.
struct admin_view {
  const tier* running = nullptr;
  metrics::registry* registry = nullptr;
  const std::atomic<bool>* draining = nullptr;
  std::string configuration;     ///< as GET /config shows it; no secrets
  std::function<void()> drain;   ///< begins the drain; returns at once
};

/// GET /metrics, /healthz, /readyz, /config, /log-level; PUT /log-level (body: the level); POST /drain.
/// What changes the server is refused (403) when it comes with an Origin, as browsers send it: a page must not drain the server that its reader runs.
/// Healthy is a process that answers; ready is one whose services are all up and that does not drain (otherwise 503 with the reasons).
void add_admin_routes(server::routes& routes, const admin_view& view);

} // namespace troupe::app
