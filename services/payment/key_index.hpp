#pragma once

#include "services/payment/slot_table.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace troupe::payment {

/// The newest slots, before they are in the store's table of slots. Hashes fall anywhere in that table, so
/// writing each with its operation would touch a page of it every time; here they gather into a generation,
/// which is then folded into the table in the order of the slots, many to a page. After a crash the slots of
/// the operations that the table may lack are read again. It follows the store's transaction: nothing counts
/// until `keep`, and `drop` forgets what came since. Memory: at most about 64 bytes for each entry of a
/// generation. Thread: one at a time.
class key_index {
 public:
  /// `generation`: entries before folding begins, at least 1.
  explicit key_index(std::size_t generation) : generation_(generation) {}

  /// Begins with the slots of all operations up to `through` that the table may lack: they are folded first.
  void load(std::vector<held_slot> entries, std::int64_t through);

  /// The operation that holds the slot, if the slot is among those here. Cost: O(log generation), no
  /// allocation.
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t slot) const;

  /// Adds a slot that is not here. Operations come in the order of their numbers.
  void add(const held_slot& entry);

  /// The next entries to be folded in this transaction, ascending; at most `most`, none when no generation is
  /// being folded. Lifetime: until `keep` or `drop`.
  [[nodiscard]] std::span<const held_slot> fold(std::size_t most);

  /// With what `fold` has given in this transaction a generation is in the table to its end: all operations
  /// up to this one.
  [[nodiscard]] std::optional<std::int64_t> folded_through() const;

  /// The next generation is complete and waits for this one: fold all that is left of it.
  [[nodiscard]] bool is_full() const noexcept { return gathering_.size() >= generation_ && !frozen_.empty(); }

  /// The transaction has been committed.
  void keep();
  /// The transaction has been rolled back.
  void drop();

 private:
  std::size_t generation_;
  slot_table added_;               // by this transaction: for look-ups
  std::vector<held_slot> arrived_; // the same, in order
  slot_table gathering_;           // committed
  std::int64_t last_ = 0;          // newest committed operation
  std::vector<held_slot> frozen_;  // being folded, ascending
  std::int64_t frozen_through_ = 0;
  std::size_t folded_ = 0;  // of frozen_, committed
  std::size_t folding_ = 0; // of frozen_, by this transaction
};

} // namespace troupe::payment
