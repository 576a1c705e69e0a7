#pragma once

#include "services/stats/aggregator.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace troupe::stats::test {

/// The first products of a ranking.
inline std::vector<ranked> first_of(aggregator& counters, metric what, window over, std::size_t limit,
                                    base::time_point now) {
  auto all = *counters.top(what, over, now);
  all.resize(std::min(all.size(), limit));
  return all;
}

} // namespace troupe::stats::test
