#include "services/payment/slot_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::payment {

namespace {
constexpr std::size_t fewest_cells = 64;
} // namespace

/// The slot's own cell, or the free one where it would go.
std::size_t slot_table::cell_of(std::uint64_t slot) const noexcept {
  const auto mask = cells_.size() - 1;
  auto cell = static_cast<std::size_t>(slot) & mask;
  while (cells_[cell].operation != 0 && cells_[cell].slot != slot) cell = (cell + 1) & mask;
  return cell;
}

std::optional<std::int64_t> slot_table::find(std::uint64_t slot) const noexcept {
  if (size_ == 0) return std::nullopt;
  const auto& cell = cells_[cell_of(slot)];
  if (cell.operation == 0) return std::nullopt;
  return cell.operation;
}

void slot_table::add(const held_slot& entry) {
  if (2 * (size_ + 1) > cells_.size()) grow();
  cells_[cell_of(entry.slot)] = entry;
  ++size_;
}

void slot_table::grow() {
  auto before = std::exchange(cells_, std::vector<held_slot>(std::max(fewest_cells, 2 * cells_.size())));
  for (const auto& entry : before) {
    if (entry.operation != 0) cells_[cell_of(entry.slot)] = entry;
  }
}

std::vector<held_slot> slot_table::entries() const {
  std::vector<held_slot> all;
  all.reserve(size_);
  std::copy_if(cells_.begin(), cells_.end(), std::back_inserter(all),
               [](const held_slot& c) { return c.operation != 0; });
  return all;
}

void slot_table::clear() noexcept {
  if (size_ > 0) std::fill(cells_.begin(), cells_.end(), held_slot{});
  size_ = 0;
}

} // namespace troupe::payment
