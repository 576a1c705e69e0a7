#include "services/payment/key_index.hpp"

#include <algorithm>
#include <utility>

namespace troupe::payment {

namespace {

void sort_by_slot(std::vector<held_slot>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const held_slot& a, const held_slot& b) { return a.slot < b.slot; });
}

} // namespace

void key_index::load(std::vector<held_slot> entries, std::int64_t through) {
  frozen_ = std::move(entries);
  sort_by_slot(frozen_);
  frozen_through_ = through;
  last_ = through;
}

std::optional<std::int64_t> key_index::find(std::uint64_t slot) const {
  if (const auto found = added_.find(slot)) return found;
  if (const auto found = gathering_.find(slot)) return found;
  const auto found =
      std::lower_bound(frozen_.begin(), frozen_.end(), slot,
                       [](const held_slot& held, std::uint64_t wanted) { return held.slot < wanted; });
  if (found != frozen_.end() && found->slot == slot) return found->operation;
  return std::nullopt;
}

void key_index::add(const held_slot& entry) {
  added_.add(entry);
  arrived_.push_back(entry);
}

std::span<const held_slot> key_index::fold(std::size_t most) {
  const auto from = folded_ + folding_;
  const auto count = std::min(most, frozen_.size() - from);
  folding_ += count;
  return std::span(frozen_).subspan(from, count);
}

std::optional<std::int64_t> key_index::folded_through() const {
  if (frozen_.empty() || folding_ == 0 || folded_ + folding_ < frozen_.size()) return std::nullopt;
  return frozen_through_;
}

void key_index::keep() {
  folded_ += std::exchange(folding_, 0);
  if (folded_ == frozen_.size()) {
    frozen_.clear();
    folded_ = 0;
  }
  for (const auto& entry : arrived_) gathering_.add(entry);
  if (!arrived_.empty()) last_ = arrived_.back().operation;
  added_.clear();
  arrived_.clear();
  if (gathering_.size() < generation_ || !frozen_.empty()) return;
  frozen_ = gathering_.entries();
  sort_by_slot(frozen_);
  frozen_through_ = last_;
  gathering_.clear();
}

void key_index::drop() {
  folding_ = 0;
  added_.clear();
  arrived_.clear();
}

} // namespace troupe::payment
