#include "services/stats/shard_state.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::stats {

namespace {

std::int64_t second_of(base::time_point now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

} // namespace

shard_state::shard_state(std::size_t shard, const shard_limits& limits, const base::hash_secret& secret,
                         const snapshot& from)
    : shard_(shard), limits_(limits), counters_(limits.keys), seen_(limits.seen_ids, secret) {
  for (const auto& key : from.ids) seen_.insert(key);
  for (const auto& total : from.totals) counters_.restore(total);
  counters_.restore_untracked(from.untracked);
}

base::result<outcome> shard_state::count(std::span<const event> events, base::time_point now) {
  if (unsaved_.size() + events.size() > limits_.unsaved_ids) {
    return base::fail(
        base::errc::unavailable,
        "statistics are not being saved fast enough: send the events again later, with the same ids");
  }
  outcome out;
  rate_sums added;
  for (const auto& e : events) {
    const auto i = static_cast<std::size_t>(e.what);
    if (!seen_.insert(e.key)) {
      ++out.duplicates[i];
      continue;
    }
    unsaved_.push_back({product_slot(e.product_id), e.key});
    ++out.accepted[i];
    if (!counters_.add(e.product_id, e.what, e.quantity, now)) ++out.untracked;
    (e.what == metric::views ? added.views : added.purchases) += e.quantity;
    ++added.events;
  }
  rates_.add(added, second_of(now));
  return out;
}

void shard_state::count_published(std::span<const product_views> views, std::uint32_t payments,
                                  base::time_point now) {
  rate_sums added;
  added.payments = payments;
  for (const auto& v : views) {
    counters_.add(v.product_id, metric::views, v.count, now);
    added.views += v.count;
    added.events += v.count;
  }
  rates_.add(added, second_of(now));
}

rate_sums shard_state::last_minute(base::time_point now) { return rates_.sums(second_of(now)); }

bool shard_state::has_unsaved() const noexcept {
  return unsaved_.size() > saving_ids_ || counters_.has_changed();
}

delta shard_state::begin_save() {
  delta out;
  out.shard = shard_;
  out.ids = unsaved_;
  saving_ids_ = unsaved_.size();
  saving_keys_ = counters_.take_changed();
  out.totals.reserve(saving_keys_.size());
  for (const auto key : saving_keys_) {
    if (key != aggregator::untracked_key) out.totals.push_back(counters_.total(key));
  }
  out.untracked = counters_.total(aggregator::untracked_key).all;
  return out;
}

void shard_state::saved() {
  unsaved_.erase(unsaved_.begin(), unsaved_.begin() + static_cast<std::ptrdiff_t>(saving_ids_));
  saving_ids_ = 0;
  saving_keys_.clear();
}

void shard_state::save_failed() {
  counters_.change_again(saving_keys_);
  saving_ids_ = 0;
  saving_keys_.clear();
}

} // namespace troupe::stats
