#pragma once

#include "platform/actor/service.hpp"
#include "platform/actor/supervisor.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/server/routes.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::app {

/// What a service is given when it is started in a tier: the actor system, the routes of the public listener, the metrics, the
/// place of its data; and where it leaves itself for others to find. Thread: the main thread, during the start.
class tier {
 public:
  /// `cores`: scheduler workers; `connection_actors`: the callers whose locality replicas may follow.
  tier(caf::actor_system& system, metrics::registry& registry, std::filesystem::path data_dir, std::size_t cores,
       std::size_t connection_actors);

  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }
  [[nodiscard]] metrics::registry& metrics() noexcept { return metrics_; }
  [[nodiscard]] server::routes& routes() noexcept { return routes_; }
  [[nodiscard]] const std::filesystem::path& data_dir() const noexcept { return data_dir_; }
  [[nodiscard]] std::size_t cores() const noexcept { return cores_; }
  [[nodiscard]] std::size_t connection_actors() const noexcept { return connection_actors_; }

  struct service_options {
    std::size_t replicas = 1;
    std::int64_t most_in_flight = 10'000; ///< requests unanswered at once; above it 503
    actor::supervision supervision;
  };

  /// Starts a supervised service and makes it findable by name. `start(replica)` returns the replica's handle; it is called again
  /// after a crash, so it loads what the replica needs. Throws what the first start throws.
  template <class Handle>
  actor::service<Handle> supervise(const std::string& name, const service_options& options,
                                   std::function<Handle(std::size_t replica)> start) {
    return actor::service<Handle>(supervise_untyped(name, options, [start = std::move(start)](std::size_t replica) {
      return caf::actor_cast<caf::strong_actor_ptr>(start(replica));
    }));
  }

  /// A service that was started before, or an empty `service` when this tier does not run it.
  template <class Handle>
  [[nodiscard]] actor::service<Handle> find(std::string_view name) const {
    const auto found = slots_.find(name);
    return found == slots_.end() ? actor::service<Handle>() : actor::service<Handle>(found->second);
  }

  /// Lines for the start page: a path to try and what it shows.
  void offer(std::string service, std::string path, std::string what) {
    offers_.push_back({std::move(service), std::move(path), std::move(what)});
  }
  struct offered {
    std::string service, path, what;
  };
  [[nodiscard]] const std::vector<offered>& offers() const noexcept { return offers_; }

  /// Called, last registered first, after the last request has been answered and before the service actors end: write what is still in memory.
  void before_stop(std::function<void()> action) { before_stop_.push_back(std::move(action)); }

  /// Runs the `before_stop` actions, then ends the supervisors, last started first.
  void stop();

  /// Each service's name and whether all its replicas are up, in the order of their names.
  [[nodiscard]] std::map<std::string, bool> health() const;

 private:
  std::shared_ptr<actor::service_slot> supervise_untyped(const std::string& name, const service_options& options,
                                                         actor::replica_factory start);

  caf::actor_system& system_;
  metrics::registry& metrics_;
  server::routes routes_;
  std::filesystem::path data_dir_;
  std::size_t cores_;
  std::size_t connection_actors_;
  std::map<std::string, std::shared_ptr<actor::service_slot>, std::less<>> slots_;
  std::vector<caf::actor> supervisors_;
  std::vector<offered> offers_;
  std::vector<std::function<void()>> before_stop_;
};

} // namespace troupe::app
