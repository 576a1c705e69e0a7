#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::stats {

/// What ranks keys: larger values first, equal ones by id. Views of what their owner counts, for one call.
struct ranking {
  const std::vector<std::uint64_t>& values; ///< by key
  const std::vector<std::string_view>& ids; ///< by key, all different; key 0 has the empty id, and no rank
};

/// A key and the value it had when it was looked at.
struct leader {
  std::uint64_t value = 0;
  std::uint32_t key = 0;
};

/// The first keys of a ranking whose values are above 0, told without a walk over all keys.
///
/// Some keys are members, at most twice `kept`. Besides there is a
/// bar, a value and an id that no other key comes before. A key whose value rises over the bar becomes a
/// member; when there are too many of them, the last ones leave and the best of these is the new bar. So the
/// members before the bar are the first of the ranking. Values may also fall, all at once; then members may
/// fall behind the bar, and when fewer are left before it than are asked for, only a walk can tell which keys
/// have taken their places. After a walk, `kept` members or all that have a value are before the bar, and
/// rising values never make them fewer: a walk is needed again only after at least `kept` - `limit` values
/// have fallen.
///
/// Memory: 32 bytes for each of `kept`, and a bit a key. Thread: its owner.
class leaders {
 public:
  /// `kept`: 1..2^30.
  explicit leaders(std::size_t kept);

  /// Adds a key with the value 0; keys count from 0.
  void add_key() { is_member_.push_back(false); }

  /// Call it after the value of a key other than 0 has risen. Cost: a comparison for a key that stays behind
  /// the bar, otherwise about 20 ns on average. No allocation.
  void rose(std::uint32_t key, const ranking& by) {
    if (by.values[key] >= bar_.value) consider(key, by);
  }

  /// Call it after values may have fallen.
  void fell() noexcept { is_sorted_ = false; }

  /// Whether nothing has changed since `knows` or `rebuild` was called, nor so what `first` gives.
  [[nodiscard]] bool is_settled() const noexcept { return is_sorted_; }

  /// Whether the first `limit` keys, 0..`kept`, are known: otherwise `rebuild`, after which they are.
  /// Cost: O(1), and O(`kept` * log(`kept`)) when a value has changed since the last call.
  [[nodiscard]] bool knows(std::size_t limit, const ranking& by);

  /// Finds the members anew. Cost: O(keys): 1 ns each, 25 ns when all have the same value, more when such come with ever smaller ids. No allocation.
  void rebuild(const ranking& by);

  /// The first keys of the ranking, best first: `limit` of them, or all whose value is not 0.
  /// Call it after `knows` has said yes to this limit, or after `rebuild`.
  /// Lifetime: until the next call of a function that is not const.
  [[nodiscard]] std::span<const leader> first(std::size_t limit) const noexcept;

 private:
  void consider(std::uint32_t key, const ranking& by);
  void take_values(const ranking& by);
  void prune(const ranking& by);
  void sort(const ranking& by);

  std::size_t kept_;
  leader bar_; // at first no key: before its value of 0 comes every key that has one
  std::vector<leader> members_;
  std::vector<bool> is_member_; // by key
  std::size_t before_bar_ = 0;  // so many members, in front and sorted, if is_sorted_
  bool is_sorted_ = true;
};

} // namespace troupe::stats
