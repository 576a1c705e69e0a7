#pragma once

#include "platform/base/clock.hpp"
#include "services/stats/leaders.hpp"
#include "services/stats/model.hpp"
#include "services/stats/sliding_sums.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::stats {

/// Exact counters by product and metric in three windows. A pure state machine: time is passed in, and a time
/// that lies before one passed earlier is taken for that one.
///
/// Keys are bounded. Once `most_keys` products are tracked, a product that is not among them is not tracked
/// any more: its quantities are added to the `untracked` sum of their metric, in all three windows. A tracked
/// product stays tracked.
/// Windows are those of `window`; the one-minute and one-hour windows begin empty, only totals are restored.
/// Memory: about 250 bytes a key, and what `sliding_sums` needs, twice; at most 3 KB a key when every key is
/// counted in every second and minute; and up to 110 KB for the largest. Thread: its owner.
class aggregator {
 public:
  /// `most_keys`: 1..2^31.
  explicit aggregator(std::size_t most_keys);

  /// Adds a quantity (1..1,000,000); false when it went to `untracked`. A total stops at 2^63-1.
  /// Cost: O(log keys), and now and then what the windows forget.
  bool add(std::string_view product_id, metric what, std::uint32_t quantity, base::time_point now);

  /// The `most_items` products with the largest values, or all that have one above 0: larger values first,
  /// equal ones by id. The same list as last time when no value among the largest has changed, and no sum of
  /// the window has fallen.
  /// Cost: then O(1), otherwise a sort of up to 400. And a walk over all keys, 1 to 25 ns each (more when equal
  /// values come with ever smaller ids), after a second (minute window) or a minute (hour window) in which the
  /// sums of a hundred of the largest have fallen: so a walk is never more than once a second or minute, and at
  /// most about 3 us for each amount that has been added. The totals never need one.
  [[nodiscard]] ranked_list top(metric what, window over, base::time_point now);

  [[nodiscard]] std::uint64_t untracked(metric what, window over, base::time_point now);

  /// Products tracked.
  [[nodiscard]] std::size_t keys() const noexcept { return index_.size(); }

  /// Sets the total of a product that is not tracked yet; nothing when there is no place for it.
  void restore(const product_total& total);
  void restore_untracked(const amounts& all);

  /// Whether a total has changed since the last `take_changed`.
  [[nodiscard]] bool has_changed() const noexcept { return !changed_.empty(); }
  /// The keys whose totals have changed since the last call, each once.
  [[nodiscard]] std::vector<std::uint32_t> take_changed();
  /// Takes back what `take_changed` has given.
  void change_again(const std::vector<std::uint32_t>& keys);

  /// Key 0 stands for all untracked products and has an empty id.
  static constexpr std::uint32_t untracked_key = 0;
  [[nodiscard]] product_total total(std::uint32_t key) const;

 private:
  [[nodiscard]] std::uint32_t key_of(std::string_view product_id);
  std::uint32_t add_key(std::string_view id);
  void note_change(std::uint32_t key);
  void note_rise(std::uint32_t key, metric what, window over);
  void note_fall(window over) noexcept;
  void advance(base::time_point now);
  [[nodiscard]] const std::vector<std::uint64_t>& sums(metric what, window over) const noexcept;
  [[nodiscard]] ranking by(metric what, window over) const noexcept { return {sums(what, over), ids_}; }
  [[nodiscard]] static std::size_t place_of(metric what, window over) noexcept;

  std::size_t most_keys_;
  // A tree and not a hash table: ids come from outside, and the standard hash is known to everybody.
  std::map<std::string, std::uint32_t, std::less<>> index_;
  std::vector<std::string_view> ids_; // by key; views into index_
  sliding_sums minute_;
  sliding_sums hour_;
  std::array<std::vector<std::uint64_t>, metric_count> all_; // by key
  std::vector<leaders> leaders_;                             // by `place_of`
  // Of the leaders, by `place_of`; null: not asked for yet.
  std::array<ranked_list, window_count * metric_count> lists_;
  std::vector<bool> has_changed_;                            // by key
  std::vector<std::uint32_t> changed_;
};

} // namespace troupe::stats
