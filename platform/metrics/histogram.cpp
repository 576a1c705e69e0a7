#include "platform/metrics/registry.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace troupe::metrics {

void histogram::record(std::chrono::nanoseconds took) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
  // Rounded up, because a bound belongs to its own bucket.
  const auto micros = (ns + 999) / 1000;
  const auto exponent = micros > 2 ? static_cast<std::size_t>(std::bit_width(micros - 1)) : 1;
  counts_[std::min(exponent - 1, buckets - 1)].add();
  sum_ns_.add(ns);
}

double histogram::upper_bound(std::size_t bucket) noexcept {
  if (bucket + 1 >= buckets) return std::numeric_limits<double>::infinity();
  return static_cast<double>(std::uint64_t{2} << bucket) / 1e6;
}

} // namespace troupe::metrics
