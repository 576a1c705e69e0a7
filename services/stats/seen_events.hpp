#pragma once

#include "platform/base/keyed_hash.hpp"
#include "services/stats/event_key.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::stats {

/// The keys of the newest events. When it is full, each new key makes it forget the oldest one, in the order
/// of insertion.
/// Memory: 8 to 16 bytes a key of capacity at once, and 16 more for each key that is held. Thread: its owner.
class seen_events {
 public:
  /// `capacity`: 1..2^30 keys. `secret`: so that nobody can choose ids that fall together in the table.
  seen_events(std::size_t capacity, const base::hash_secret& secret);

  /// False, and nothing changed, when the key is held already. Cost: O(1), two cache misses.
  bool insert(const event_key& key);

  [[nodiscard]] bool contains(const event_key& key) const noexcept { return table_[find(key)] != nothing; }
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

 private:
  static constexpr std::uint32_t nothing = ~std::uint32_t{0};

  [[nodiscard]] std::size_t home(const event_key& key) const noexcept;
  /// Where the key stands in the table, or the empty place where it would.
  [[nodiscard]] std::size_t find(const event_key& key) const noexcept;
  void erase(const event_key& key) noexcept;

  std::size_t capacity_;
  base::hash_secret secret_;
  int shift_;
  std::vector<event_key> keys_;      // a ring once it is full
  std::size_t oldest_ = 0;           // index into keys_, once it is full
  std::vector<std::uint32_t> table_; // indices into keys_: open addressing, linear probing, at most half full
};

} // namespace troupe::stats
