#include "services/stats/leaders.hpp"

#include <algorithm>

namespace troupe::stats {

namespace {

auto order(const ranking& by) {
  return [&ids = by.ids](const leader& a, const leader& b) {
    return a.value != b.value ? a.value > b.value : ids[a.key] < ids[b.key];
  };
}

} // namespace

leaders::leaders(std::size_t kept) : kept_(kept) { members_.reserve(2 * kept); }

void leaders::consider(std::uint32_t key, const ranking& by) {
  if (!is_member_[key]) {
    const leader risen{by.values[key], key};
    if (!order(by)(risen, bar_)) return;
    members_.push_back(risen);
    is_member_[key] = true;
    if (members_.size() == 2 * kept_) prune(by);
  }
  is_sorted_ = false;
}

void leaders::take_values(const ranking& by) {
  for (auto& m : members_) m.value = by.values[m.key];
}

void leaders::prune(const ranking& by) {
  take_values(by);
  const auto first_out = members_.begin() + static_cast<std::ptrdiff_t>(kept_);
  std::nth_element(members_.begin(), first_out, members_.end(), order(by));
  // Members may have fallen behind the bar, where they say nothing about the other keys.
  bar_ = std::min(bar_, *first_out, order(by));
  for (auto m = first_out; m != members_.end(); ++m) is_member_[m->key] = false;
  members_.erase(first_out, members_.end());
}

void leaders::sort(const ranking& by) {
  take_values(by);
  const auto is_before = order(by);
  const auto end = std::partition(members_.begin(), members_.end(),
                                  [&](const leader& m) { return is_before(m, bar_); });
  std::sort(members_.begin(), end, is_before);
  before_bar_ = static_cast<std::size_t>(end - members_.begin());
  is_sorted_ = true;
}

bool leaders::knows(std::size_t limit, const ranking& by) {
  if (!is_sorted_) sort(by);
  return before_bar_ >= limit || bar_.value == 0;
}

void leaders::rebuild(const ranking& by) {
  for (const auto& m : members_) is_member_[m.key] = false;
  members_.clear();
  bar_ = {};
  for (std::uint32_t key = 1; key < by.values.size(); ++key) {
    if (by.values[key] > 0) rose(key, by);
  }
  sort(by);
}

std::span<const leader> leaders::first(std::size_t limit) const noexcept {
  return std::span(members_).first(std::min(limit, before_bar_));
}

} // namespace troupe::stats
