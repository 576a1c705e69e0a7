#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::server {

/// Deadlines of many sessions at 12 bytes each: a hashed timing wheel whose entries are linked by index.
/// A tick is whatever the owner says (the connection actor: 50 ms). An entry that is due later than one turn of the wheel stays in its slot until it really is due.
/// Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6.
/// Thread: its owner. Cost: every operation O(1) but `advance`, which visits the slots that have passed.
class timing_wheel {
 public:
  static constexpr std::uint32_t never = UINT32_MAX;
  static constexpr std::size_t slots = 2048;

  explicit timing_wheel(std::uint32_t now) : heads_(slots, none), now_(now) {}

  /// Makes the entry fire at `due` at the latest; one that fires earlier already is left as it is. Under load that is a comparison.
  void at_most(std::uint32_t index, std::uint32_t due) {
    if (index >= links_.size()) links_.resize(index + 1);
    const auto current = links_[index].due;
    if (current <= due) return;
    if (current != never) unlink(index);
    insert(index, due > now_ ? due : now_ + 1);
  }

  void cancel(std::uint32_t index) {
    if (index >= links_.size() || links_[index].due == never) return;
    unlink(index);
    links_[index].due = never;
  }

  /// Fires all entries due at or before `now`, each taken out first: `fire(index)` may enter it again.
  template <class F>
  void advance(std::uint32_t now, F&& fire) {
    if (now <= now_) return;
    const auto steps = now - now_ < slots ? now - now_ : slots;
    const auto first = now - steps + 1;
    now_ = now;
    for (auto tick = first; tick != now + 1; ++tick) {
      auto index = heads_[tick % slots];
      while (index != none) {
        const auto next = links_[index].next;
        if (links_[index].due <= now) {
          cancel(index);
          due_now_.push_back(index);
        }
        index = next;
      }
    }
    // Fired after the walk: an entry may change the lists.
    for (std::size_t i = 0; i < due_now_.size(); ++i) fire(due_now_[i]);
    due_now_.clear();
  }

  /// The earliest due tick, or `never`. Cost: amortised O(1); after it has passed one look over the slots.
  [[nodiscard]] std::uint32_t earliest() {
    if (count_ == 0) return never;
    if (earliest_ > now_) return earliest_;
    earliest_ = never;
    for (std::uint32_t tick = now_ + 1; tick <= now_ + slots; ++tick) {
      if (heads_[tick % slots] != none) return earliest_ = tick; // an early wake-up at worst, when it is due a turn later
    }
    return earliest_;
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct entry {
    std::uint32_t next = none;
    std::uint32_t previous = none;
    std::uint32_t due = never;
  };

  void insert(std::uint32_t index, std::uint32_t due) {
    auto& head = heads_[due % slots];
    links_[index] = {head, none, due};
    if (head != none) links_[head].previous = index;
    head = index;
    ++count_;
    // One that has passed stays, and makes `earliest` look again.
    if (count_ == 1 || (earliest_ > now_ && due < earliest_)) earliest_ = due;
  }
  void unlink(std::uint32_t index) {
    const auto& l = links_[index];
    if (l.previous != none) {
      links_[l.previous].next = l.next;
    } else {
      heads_[l.due % slots] = l.next;
    }
    if (l.next != none) links_[l.next].previous = l.previous;
    --count_;
  }

  std::vector<std::uint32_t> heads_; // by slot: the first entry
  std::vector<entry> links_;          // by index
  std::vector<std::uint32_t> due_now_;
  std::uint32_t now_;
  std::uint32_t earliest_ = never;
  std::size_t count_ = 0;
};

} // namespace troupe::server
