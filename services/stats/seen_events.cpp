#include "services/stats/seen_events.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

namespace troupe::stats {

seen_events::seen_events(std::size_t capacity, const base::hash_secret& secret)
    : capacity_(std::clamp<std::size_t>(capacity, 1, std::size_t{1} << 30)), secret_(secret),
      shift_(64 - std::countr_zero(std::bit_ceil(2 * capacity_))),
      table_(std::bit_ceil(2 * capacity_), nothing) {
  // Pages that are reserved and not yet written cost no memory; growing would copy everything held, in one
  // request's time.
  keys_.reserve(capacity_);
}

// A key is a hash already, but one that everybody can compute.
std::size_t seen_events::home(const event_key& key) const noexcept {
  const std::string_view bytes(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  return static_cast<std::size_t>(base::table_hash(secret_, bytes) >> shift_);
}

std::size_t seen_events::find(const event_key& key) const noexcept {
  auto place = home(key);
  while (table_[place] != nothing && keys_[table_[place]] != key) place = (place + 1) & (table_.size() - 1);
  return place;
}

bool seen_events::insert(const event_key& key) {
  const auto place = find(key);
  if (table_[place] != nothing) return false;
  if (keys_.size() < capacity_) {
    table_[place] = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back(key);
    return true;
  }
  erase(keys_[oldest_]); // moves others, so the place is looked for again
  table_[find(key)] = static_cast<std::uint32_t>(oldest_);
  keys_[oldest_] = key;
  oldest_ = (oldest_ + 1) % capacity_;
  return true;
}

// Closes the gap: whoever stands after it, up to the next empty place, moves into it unless that would put it
// before its home.
// Source: Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R.
void seen_events::erase(const event_key& key) noexcept {
  const auto mask = table_.size() - 1;
  auto gap = find(key);
  for (auto place = (gap + 1) & mask; table_[place] != nothing; place = (place + 1) & mask) {
    const auto from_home = (place - home(keys_[table_[place]])) & mask;
    const auto from_gap = (place - gap) & mask;
    if (from_home < from_gap) continue;
    table_[gap] = table_[place];
    gap = place;
  }
  table_[gap] = nothing;
}

} // namespace troupe::stats
