#pragma once

#include "platform/metrics/registry.hpp"

// What a registry keeps; for this folder only.
namespace troupe::metrics {

/// One cell a writer. Aligned, so that two writers never share a cache line.
template <class Metric>
struct alignas(64) cell {
  Metric metric;
};

template <class Metric>
using cells = std::map<std::size_t, std::unique_ptr<cell<Metric>>>;

struct registry::series {
  cells<metrics::counter> counters;
  cells<metrics::gauge> gauges;
  cells<metrics::histogram> histograms;
  std::function<double()> read;
};

struct registry::family {
  registry::kind type = kind::counter;
  std::string help;
  // By the labels as they are written between the braces: made once, and in a stable order.
  std::map<std::string, series, std::less<>> members;
};

} // namespace troupe::metrics
