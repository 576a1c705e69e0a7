#pragma once

#include <atomic>
#include <cstdint>

namespace troupe::policy {

/// A bound on work that has been handed over and not yet been answered. Thread: any. Cost: one locked instruction each way.
class in_flight_limit {
 public:
  explicit in_flight_limit(std::int64_t most) noexcept : most_(most) {}

  /// Takes a place; false, and nothing taken, when all are taken.
  [[nodiscard]] bool enter() noexcept {
    if (count_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    count_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void leave() noexcept { count_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] std::int64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t most() const noexcept { return most_; }

 private:
  std::atomic<std::int64_t> count_{0};
  std::int64_t most_;
};

} // namespace troupe::policy
