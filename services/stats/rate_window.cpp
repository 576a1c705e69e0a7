#include "services/stats/rate_window.hpp"

#include <algorithm>

namespace troupe::stats {

rate_sums& rate_sums::operator+=(const rate_sums& other) noexcept {
  views += other.views;
  purchases += other.purchases;
  payments += other.payments;
  events += other.events;
  return *this;
}

void rate_window::add(const rate_sums& what, std::int64_t second) noexcept {
  advance(second);
  ring_[static_cast<std::size_t>(newest_ % seconds)] += what;
}

rate_sums rate_window::sums(std::int64_t second) noexcept {
  advance(second);
  rate_sums all;
  for (const auto& one : ring_) all += one;
  return all;
}

void rate_window::advance(std::int64_t second) noexcept {
  for (auto next = std::max(newest_ + 1, second - seconds + 1); next <= second; ++next) {
    ring_[static_cast<std::size_t>(next % seconds)] = {};
  }
  newest_ = std::max(newest_, second);
}

} // namespace troupe::stats
