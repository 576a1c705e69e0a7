#include "platform/actor/service.hpp"

#include <caf/abstract_actor.hpp>

#include <algorithm>

namespace troupe::actor {

service_slot::service_slot(std::string name, std::size_t index, std::size_t replicas, std::int64_t most_in_flight)
    : in_flight(most_in_flight), name_(std::move(name)), index_(index), replicas_(replicas), handles_(replicas) {}

std::vector<caf::strong_actor_ptr> service_slot::handles() const {
  const std::lock_guard lock(guard_);
  return handles_;
}

void service_slot::set(std::size_t replica, caf::strong_actor_ptr handle) {
  {
    const std::lock_guard lock(guard_);
    std::swap(handles_.at(replica), handle);
    version_.fetch_add(1, std::memory_order_release);
  }
  // The old handle is released here, outside the lock: it may be the last one.
}

std::size_t service_slot::up() const {
  const std::lock_guard lock(guard_);
  return static_cast<std::size_t>(
      std::count_if(handles_.begin(), handles_.end(), [](const auto& handle) { return handle != nullptr; }));
}

caf::abstract_actor* service_cache::find(const service_slot& slot, std::size_t preference) {
  if (slot.index() >= entries_.size()) entries_.resize(slot.index() + 1);
  auto& entry = entries_[slot.index()];
  if (const auto version = slot.version(); version != entry.version) {
    entry.handles = slot.handles();
    entry.version = version;
  }
  const auto count = entry.handles.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto& handle = entry.handles[(preference + i) % count]) return handle->get();
  }
  return nullptr;
}

} // namespace troupe::actor
