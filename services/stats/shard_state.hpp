#pragma once

#include "platform/base/clock.hpp"
#include "platform/base/result.hpp"
#include "services/stats/aggregator.hpp"
#include "services/stats/model.hpp"
#include "services/stats/rate_window.hpp"
#include "services/stats/seen_events.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe::stats {

/// Bounds of one shard.
struct shard_limits {
  std::size_t keys = 100'000;        ///< products tracked
  std::size_t seen_ids = 1'000'000;  ///< events remembered, so that they are not counted twice
  std::size_t unsaved_ids = 250'000; ///< events counted and not yet saved; above it events are refused
};

/// What became of a batch.
struct outcome {
  std::array<std::uint32_t, metric_count> accepted{};   ///< events by metric
  std::array<std::uint32_t, metric_count> duplicates{}; ///< events by metric
  std::uint32_t untracked = 0; ///< those of the accepted whose product is not tracked
};

/// Views of a product that another service has counted.
struct product_views {
  std::string product_id;
  std::uint32_t count = 0; ///< 1..1,000,000
};

/// Everything a shard knows: counters, the ids that they contain, and what of both has not been saved. A pure
/// state machine. Ids and totals are saved together, so whatever a crash loses it loses of both: an event
/// sent again is counted once.
/// Thread: its owner.
class shard_state {
 public:
  /// `from`: what the store had. `secret`: as in `seen_events`.
  shard_state(std::size_t shard, const shard_limits& limits, const base::hash_secret& secret, const snapshot& from);

  /// Counts the events that have not been seen. Errors: unavailable, and nothing is counted, when so much is
  /// unsaved that the batch does not fit; then the store fails or does not keep up.
  [[nodiscard]] base::result<outcome> count(std::span<const event> events, base::time_point now);

  /// Counts what came without ids. Never refused: it adds nothing to the memory that is bounded by saving.
  void count_published(std::span<const product_views> views, std::uint32_t payments, base::time_point now);

  [[nodiscard]] aggregator& counters() noexcept { return counters_; }
  [[nodiscard]] const aggregator& counters() const noexcept { return counters_; }
  [[nodiscard]] rate_sums last_minute(base::time_point now);
  [[nodiscard]] std::size_t seen_ids() const noexcept { return seen_.size(); }
  [[nodiscard]] std::size_t unsaved_ids() const noexcept { return unsaved_.size(); }

  /// Whether anything has been counted that is not in a delta which was saved or is being saved.
  [[nodiscard]] bool has_unsaved() const noexcept;

  /// Everything unsaved. Then call `saved` or `save_failed` before the next `begin_save`; counting goes on
  /// meanwhile.
  [[nodiscard]] delta begin_save();
  void saved();
  /// Also when it is not known whether it was saved.
  void save_failed();

 private:
  std::size_t shard_;
  shard_limits limits_;
  aggregator counters_;
  rate_window rates_;
  seen_events seen_;
  std::vector<seen_id> unsaved_; // oldest first
  std::size_t saving_ids_ = 0;   // how many of unsaved_, from its front, are in the delta that is being saved
  std::vector<std::uint32_t> saving_keys_;
};

} // namespace troupe::stats
