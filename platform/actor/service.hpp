#pragma once

#include "platform/actor/compatibility.hpp"
#include "platform/policy/in_flight_limit.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actor {

/// Where a service is to be found at this moment: one strong handle a replica, empty while the replica is down. The supervisor
/// writes it, whoever calls the service reads it. Thread: any.
class service_slot {
 public:
  /// `most_in_flight`: requests that may be unanswered at once, all callers together.
  service_slot(std::string name, std::size_t index, std::size_t replicas, std::int64_t most_in_flight);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Counts from 0 in the order of the services' start: the place in a caller's cache.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] std::size_t replicas() const noexcept { return replicas_; }

  /// Changes with every `set`, so that a cache knows when it is stale. Cost: one load.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  /// All replicas, in order; empty handles for those that are down. Cost: a lock.
  [[nodiscard]] std::vector<caf::strong_actor_ptr> handles() const;
  void set(std::size_t replica, caf::strong_actor_ptr handle);

  /// Replicas that are up.
  [[nodiscard]] std::size_t up() const;

  policy::in_flight_limit in_flight;

 private:
  std::string name_;
  std::size_t index_;
  std::size_t replicas_;
  std::atomic<std::uint64_t> version_{1};
  mutable std::mutex guard_;
  std::vector<caf::strong_actor_ptr> handles_;
};

/// A service by its contract. It stays valid over restarts, unlike an actor handle. A caller cannot tell whether a service
/// actor or a proxy to another tier is behind it. Copyable, thread: any.
template <class Handle>
class service {
 public:
  using handle_type = Handle;

  service() = default;
  explicit service(std::shared_ptr<service_slot> slot) : slot_(std::move(slot)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return slot_ != nullptr; }
  [[nodiscard]] const std::shared_ptr<service_slot>& slot() const noexcept { return slot_; }

  /// The replicas that are up now, for actors that send to them. Cost: a lock; never on the hot path.
  [[nodiscard]] std::vector<Handle> handles() const {
    std::vector<Handle> up;
    if (!slot_) return up;
    for (auto& handle : slot_->handles()) {
      if (handle) up.push_back(caf::actor_cast<Handle>(std::move(handle)));
    }
    return up;
  }

 private:
  std::shared_ptr<service_slot> slot_;
};

/// A caller's own copy of the handles, refreshed when the slot changes. Thread: its owner.
class service_cache {
 public:
  /// The replica that belongs to `preference` (taken modulo their number), the next one that is up if that is down, or null.
  /// Lifetime: until the next call. Cost: two loads.
  [[nodiscard]] caf::abstract_actor* find(const service_slot& slot, std::size_t preference);

 private:
  struct cached {
    std::uint64_t version = 0;
    std::vector<caf::strong_actor_ptr> handles;
  };
  std::vector<cached> entries_; // by slot index
};

} // namespace troupe::actor
