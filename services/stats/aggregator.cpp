#include "services/stats/aggregator.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace troupe::stats {

namespace {

// What the store can hold.
constexpr auto most_total = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

constexpr std::size_t index_of(metric what) noexcept { return static_cast<std::size_t>(what); }

} // namespace

aggregator::aggregator(std::size_t most_keys) : most_keys_(most_keys) { add_key({}); }

std::uint32_t aggregator::add_key(std::string_view id) {
  const auto key = static_cast<std::uint32_t>(ids_.size());
  ids_.push_back(id);
  minute_.add_key();
  hour_.add_key();
  for (auto& totals : all_) totals.push_back(0);
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
  minute_.advance(std::chrono::floor<std::chrono::seconds>(since).count());
  hour_.advance(std::chrono::floor<std::chrono::minutes>(since).count());
}

bool aggregator::add(std::string_view product_id, metric what, std::uint32_t quantity, base::time_point now) {
  advance(now);
  const auto key = key_of(product_id);
  minute_.add(key, what, quantity);
  hour_.add(key, what, quantity);
  auto& total = all_[index_of(what)][key];
  total = std::min(total + quantity, most_total);
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

std::vector<ranked> aggregator::top(metric what, window over, std::size_t limit, base::time_point now) {
  advance(now);
  const auto& values = sums(what, over);
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return values[a] != values[b] ? values[a] > values[b] : ids_[a] < ids_[b];
  };
  // A heap of the best so far, the worst of them in front: most keys are turned away by one comparison.
  std::vector<std::uint32_t> best;
  for (std::uint32_t key = untracked_key + 1; key < values.size() && limit > 0; ++key) {
    if (values[key] == 0) continue;
    if (best.size() == limit) {
      if (!before(key, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), before);
      best.pop_back();
    }
    best.push_back(key);
    std::push_heap(best.begin(), best.end(), before);
  }
  std::sort_heap(best.begin(), best.end(), before);
  std::vector<ranked> out;
  out.reserve(best.size());
  for (const auto key : best) out.push_back({std::string(ids_[key]), values[key]});
  return out;
}

std::uint64_t aggregator::untracked(metric what, window over, base::time_point now) {
  advance(now);
  return sums(what, over)[untracked_key];
}

void aggregator::restore(const product_total& total) {
  if (index_.size() >= most_keys_ || index_.contains(total.product_id)) return;
  const auto key = key_of(total.product_id);
  for (std::size_t i = 0; i < metric_count; ++i) all_[i][key] = std::min(total.all[i], most_total);
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
