#pragma once

#include "services/stats/event_key.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::stats {

/// What is counted of a product; also the index into `amounts`.
enum class metric : std::uint8_t { views, purchases };
inline constexpr std::size_t metric_count = 2;

/// Over which time: 60 buckets of a second, 60 buckets of a minute (the one in progress among them), or since
/// the store was created.
enum class window : std::uint8_t { minute, hour, all };
inline constexpr std::size_t window_count = 3;

inline constexpr std::uint32_t most_items = 100; ///< of a ranking that is asked for

/// Sums of quantities by metric.
using amounts = std::array<std::uint64_t, metric_count>;

/// One event, checked, on its way to the shard that counts it.
struct event {
  event_key key;
  std::string product_id; ///< 1..64 bytes
  metric what = metric::views;
  std::uint32_t quantity = 1; ///< 1..1,000,000
};

/// A product and its value in some metric and window.
struct ranked {
  std::string product_id;
  std::uint64_t value = 0;

  /// Larger values first, equal ones by id.
  friend bool operator<(const ranked& a, const ranked& b) noexcept {
    return a.value != b.value ? a.value > b.value : a.product_id < b.product_id;
  }
  friend bool operator==(const ranked&, const ranked&) = default;
};

/// The best products of a ranking, best first. Never null.
using ranked_list = std::shared_ptr<const std::vector<ranked>>;

/// What the store keeps of a product: its totals since the store was created, 0..2^63-1.
struct product_total {
  std::string product_id;
  amounts all{};

  friend bool operator==(const product_total&, const product_total&) = default;
};

/// The key of a counted event, with the slot of its product.
struct seen_id {
  std::uint32_t slot = 0;
  event_key key;
};

/// What a shard has counted since it last saved. Totals are what they are now and not increments, so that
/// saving a delta twice, or a later one after it, is harmless.
struct delta {
  std::size_t shard = 0;
  std::vector<seen_id> ids; ///< oldest first
  std::vector<product_total> totals;
  amounts untracked{}; ///< the shard's total
};

/// What a shard starts from.
struct snapshot {
  std::vector<event_key> ids; ///< oldest first
  std::vector<product_total> totals;
  amounts untracked{};
};

} // namespace troupe::stats
