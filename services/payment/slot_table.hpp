#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::payment {

/// Which operation holds a slot. A slot is the keyed hash of an idempotency key in its scope.
struct held_slot {
  std::uint64_t slot = 0;
  std::int64_t operation = 0; ///< above 0
};

/// A hash table of slots, which are hashes already: one array, the next free cell on a collision. It only
/// grows, until it is cleared. Memory: 16 bytes a cell, 2 to 4 cells an entry. Thread: one at a time.
class slot_table {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The operation that holds the slot. Cost: O(1), no allocation.
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t slot) const noexcept;

  /// Adds a slot that is not there. Cost: O(1), O(size) when it grows.
  void add(const held_slot& entry);

  /// All entries, in any order.
  [[nodiscard]] std::vector<held_slot> entries() const;

  /// Empties the table and keeps its memory. Cost: O(cells).
  void clear() noexcept;

 private:
  [[nodiscard]] std::size_t cell_of(std::uint64_t slot) const noexcept;
  void grow();

  std::vector<held_slot> cells_; // a power of two of them, or none; operation 0: free
  std::size_t size_ = 0;
};

} // namespace troupe::payment
