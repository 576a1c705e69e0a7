#include "services/stats/sliding_sums.hpp"

#include <algorithm>

namespace troupe::stats {

namespace {

// Entries; a smaller bucket keeps its memory for the next time round.
constexpr std::size_t worth_keeping = 1024;

} // namespace

void sliding_sums::add_key() {
  place_.push_back(0);
  for (auto& sums : sums_) sums.push_back(0);
}

bool sliding_sums::advance(std::int64_t bucket) {
  if (bucket > newest_ && at(newest_).capacity() > worth_keeping) at(newest_).shrink_to_fit();
  // After a long silence the whole ring is forgotten once, and not once for each bucket that has passed.
  const auto first = std::max(newest_ + 1, bucket - buckets + 1);
  auto has_fallen = false;
  for (auto next = first; next <= bucket; ++next) has_fallen |= forget(at(next));
  newest_ = std::max(newest_, bucket);
  return has_fallen;
}

// Whether there was anything in it.
bool sliding_sums::forget(std::vector<entry>& bucket) {
  const auto had_some = !bucket.empty();
  for (const auto& e : bucket) {
    for (std::size_t i = 0; i < metric_count; ++i) sums_[i][e.key] -= e.added[i];
  }
  if (bucket.capacity() > worth_keeping) {
    std::vector<entry>().swap(bucket);
  } else {
    bucket.clear();
  }
  return had_some;
}

void sliding_sums::add(std::uint32_t key, metric what, std::uint64_t amount) {
  const auto i = static_cast<std::size_t>(what);
  auto& bucket = at(newest_);
  auto& place = place_[key];
  if (place >= bucket.size() || bucket[place].key != key) {
    place = static_cast<std::uint32_t>(bucket.size());
    bucket.push_back({key, {}});
  }
  bucket[place].added[i] += amount;
  sums_[i][key] += amount;
}

} // namespace troupe::stats
