#include "services/stats/aggregator.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace troupe::stats {

namespace {

// What the store can hold.
constexpr auto most_total = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// Of each ranking. More than are asked for, so that a walk is paid for by many amounts that have fallen.
constexpr std::size_t kept_leaders = 2 * std::size_t{most_items};

constexpr std::size_t index_of(metric what) noexcept { return static_cast<std::size_t>(what); }

} // namespace

aggregator::aggregator(std::size_t most_keys) : most_keys_(most_keys) {
  for (std::size_t i = 0; i < window_count * metric_count; ++i) leaders_.emplace_back(kept_leaders);
  add_key({});
}

std::uint32_t aggregator::add_key(std::string_view id) {
  const auto key = static_cast<std::uint32_t>(ids_.size());
  ids_.push_back(id);
  minute_.add_key();
  hour_.add_key();
  for (auto& totals : all_) totals.push_back(0);
  for (auto& l : leaders_) l.add_key();
  has_changed_.push_back(false);
  return key;
}

std::uint32_t aggregator::key_of(std::string_view product_id) {
  const auto found = index_.lower_bound(product_id);
  if (found != index_.end() && found->first == product_id) return found->second;
  if (index_.size() >= most_keys_) return untracked_key;
  const auto added = index_.emplace_hint(found, product_id, 0);
  return added->second = add_key(added->first);
}

void aggregator::advance(base::time_point now) {
  const auto since = now.time_since_epoch();
  if (minute_.advance(std::chrono::floor<std::chrono::seconds>(since).count())) note_fall(window::minute);
  if (hour_.advance(std::chrono::floor<std::chrono::minutes>(since).count())) note_fall(window::hour);
}

void aggregator::note_fall(window over) noexcept {
  for (std::size_t i = 0; i < metric_count; ++i) leaders_[place_of(static_cast<metric>(i), over)].fell();
}

void aggregator::note_rise(std::uint32_t key, metric what, window over) {
  if (key != untracked_key) leaders_[place_of(what, over)].rose(key, by(what, over));
}

std::size_t aggregator::place_of(metric what, window over) noexcept {
  return static_cast<std::size_t>(over) * metric_count + index_of(what);
}

bool aggregator::add(std::string_view product_id, metric what, std::uint32_t quantity, base::time_point now) {
  advance(now);
  const auto key = key_of(product_id);
  minute_.add(key, what, quantity);
  hour_.add(key, what, quantity);
  auto& total = all_[index_of(what)][key];
  total = std::min(total + quantity, most_total);
  for (std::size_t i = 0; i < window_count; ++i) note_rise(key, what, static_cast<window>(i));
  note_change(key);
  return key != untracked_key;
}

const std::vector<std::uint64_t>& aggregator::sums(metric what, window over) const noexcept {
  switch (over) {
  case window::minute:
    return minute_.sums(what);
  case window::hour:
    return hour_.sums(what);
  case window::all:
    break;
  }
  return all_[index_of(what)];
}

ranked_list aggregator::top(metric what, window over, base::time_point now) {
  advance(now);
  auto& best = leaders_[place_of(what, over)];
  auto& list = lists_[place_of(what, over)];
  if (list && best.is_settled()) return list;
  const auto ranks = by(what, over);
  if (!best.knows(most_items, ranks)) best.rebuild(ranks);
  std::vector<ranked> out;
  out.reserve(most_items);
  for (const auto& l : best.first(most_items)) out.push_back({std::string(ids_[l.key]), l.value});
  return list = std::make_shared<const std::vector<ranked>>(std::move(out));
}

std::uint64_t aggregator::untracked(metric what, window over, base::time_point now) {
  advance(now);
  return sums(what, over)[untracked_key];
}

void aggregator::restore(const product_total& total) {
  if (index_.size() >= most_keys_ || index_.contains(total.product_id)) return;
  const auto key = key_of(total.product_id);
  for (std::size_t i = 0; i < metric_count; ++i) {
    all_[i][key] = std::min(total.all[i], most_total);
    note_rise(key, static_cast<metric>(i), window::all);
  }
}

void aggregator::restore_untracked(const amounts& all) {
  for (std::size_t i = 0; i < metric_count; ++i) all_[i][untracked_key] = std::min(all[i], most_total);
}

void aggregator::note_change(std::uint32_t key) {
  if (has_changed_[key]) return;
  has_changed_[key] = true;
  changed_.push_back(key);
}

std::vector<std::uint32_t> aggregator::take_changed() {
  for (const auto key : changed_) has_changed_[key] = false;
  return std::exchange(changed_, {});
}

void aggregator::change_again(const std::vector<std::uint32_t>& keys) {
  for (const auto key : keys) note_change(key);
}

product_total aggregator::total(std::uint32_t key) const {
  product_total out{std::string(ids_[key]), {}};
  for (std::size_t i = 0; i < metric_count; ++i) out.all[i] = all_[i][key];
  return out;
}

} // namespace troupe::stats
