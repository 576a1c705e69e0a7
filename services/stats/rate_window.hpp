#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::stats {

/// What one shard counted of everything, products aside.
struct rate_sums {
  std::uint64_t views = 0;     ///< sum of quantities
  std::uint64_t purchases = 0; ///< sum of quantities
  std::uint64_t payments = 0;
  std::uint64_t events = 0; ///< events, whatever their quantity

  rate_sums& operator+=(const rate_sums& other) noexcept;
  friend bool operator==(const rate_sums&, const rate_sums&) = default;
};

/// Sums over the second in progress and the 59 before it. Thread: its owner. Memory: 1.9 KB.
class rate_window {
 public:
  static constexpr std::int64_t seconds = 60;

  /// `second` counts from any origin; one that lies before the newest is taken for the newest.
  void add(const rate_sums& what, std::int64_t second) noexcept;

  /// Cost: O(60).
  [[nodiscard]] rate_sums sums(std::int64_t second) noexcept;

 private:
  void advance(std::int64_t second) noexcept;

  std::array<rate_sums, seconds> ring_{};
  std::int64_t newest_ = 0;
};

} // namespace troupe::stats
