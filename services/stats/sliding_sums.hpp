#pragma once

#include "services/stats/model.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::stats {

/// Exact sums by key over a sliding window of 60 buckets: the one in progress and the 59 before it. An amount
/// that was added in bucket b is part of the sums up to bucket b + 59 and of none after it. Which time a
/// bucket spans is the caller's choice.
/// Memory: 20 bytes a key, and 24 for each key and bucket that has an amount, so at most 60 * 24 a key.
/// Thread: its owner.
class sliding_sums {
 public:
  static constexpr std::int64_t buckets = 60;

  /// Adds a key; keys count from 0.
  void add_key();

  /// Makes this bucket the one in progress and forgets what is then outside the window; an earlier bucket
  /// changes nothing. Call it before `add` and before the sums are read. Gives whether a sum has fallen.
  /// Cost: O(what is forgotten).
  bool advance(std::int64_t bucket);

  /// Adds to the bucket in progress. Cost: O(1).
  void add(std::uint32_t key, metric what, std::uint64_t amount);

  /// By key. Lifetime: until the next call of a function that is not const.
  [[nodiscard]] const std::vector<std::uint64_t>& sums(metric what) const noexcept {
    return sums_[static_cast<std::size_t>(what)];
  }

 private:
  struct entry {
    std::uint32_t key = 0;
    amounts added{};
  };

  [[nodiscard]] std::vector<entry>& at(std::int64_t bucket) noexcept {
    return ring_[static_cast<std::size_t>(bucket % buckets)];
  }
  bool forget(std::vector<entry>& bucket);

  std::array<std::vector<entry>, buckets> ring_;
  std::int64_t newest_ = 0;
  std::vector<std::uint32_t> place_; // by key: its entry in the newest bucket, if the one there is its own
  std::array<std::vector<std::uint64_t>, metric_count> sums_;
};

} // namespace troupe::stats
