#include "platform/app/tier.hpp"

#include "platform/base/log.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <stdexcept>

namespace troupe::app {

tier::tier(caf::actor_system& system, metrics::registry& registry, std::filesystem::path data_dir, std::size_t cores,
           std::size_t connection_actors)
    : system_(system), metrics_(registry), data_dir_(std::move(data_dir)), cores_(cores),
      connection_actors_(connection_actors) {}

std::shared_ptr<actor::service_slot> tier::supervise_untyped(const std::string& name, const service_options& options,
                                                             actor::replica_factory start) {
  if (slots_.count(name) > 0) throw std::logic_error("service started twice: " + name);
  auto slot =
      std::make_shared<actor::service_slot>(name, slots_.size(), options.replicas, options.most_in_flight);
  supervisors_.push_back(actor::supervise(system_, slot, std::move(start), options.supervision));
  slots_.emplace(name, slot);
  metrics_.observe("troupe_service_up", "Replicas of a service that run.", {{"service", name}},
                   [slot] { return static_cast<double>(slot->up()); });
  metrics_.observe("troupe_service_in_flight", "Requests to a service that are not answered.", {{"service", name}},
                   [slot] { return static_cast<double>(slot->in_flight.count()); });
  return slot;
}

void tier::stop() {
  for (auto action = before_stop_.rbegin(); action != before_stop_.rend(); ++action) (*action)();
  before_stop_.clear();
  caf::scoped_actor self(system_);
  for (auto supervisor = supervisors_.rbegin(); supervisor != supervisors_.rend(); ++supervisor) {
    caf::anon_send_exit(*supervisor, caf::exit_reason::user_shutdown);
    self->wait_for(*supervisor);
  }
  supervisors_.clear();
}

std::map<std::string, bool> tier::health() const {
  std::map<std::string, bool> all;
  for (const auto& [name, slot] : slots_) all[name] = slot->up() == slot->replicas();
  return all;
}

} // namespace troupe::app
