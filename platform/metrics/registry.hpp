#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::metrics {

/// Counts upwards. One writer (an actor); any thread may read. Cost: one relaxed load and store, no locked
/// instruction.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Same rules as `counter`.
class gauge {
 public:
  void add(std::int64_t n) noexcept { set(value() + n); }
  void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in 20 buckets: upper bounds 1 us * 2^k for k = 1..19 (2 us to 524 ms), then +Inf. Same rules as
/// `counter`.
class histogram {
 public:
  static constexpr std::size_t buckets = 20;

  /// Counts one duration; a negative one counts as 0. Cost: about 2 ns.
  void record(std::chrono::nanoseconds took) noexcept;
  /// Upper bound of a bucket in seconds, which belongs to it; infinity for the last.
  [[nodiscard]] static double upper_bound(std::size_t bucket) noexcept;
  [[nodiscard]] std::uint64_t in_bucket(std::size_t bucket) const noexcept { return counts_[bucket].value(); }
  [[nodiscard]] double sum_seconds() const noexcept { return static_cast<double>(sum_ns_.value()) * 1e-9; }

 private:
  std::array<counter, buckets> counts_;
  counter sum_ns_;
};

/// Label names and values, in the order in which they are written: {{"route", "/hello"}, {"status", "200"}}.
/// Only bounded sets of values: never a raw path, an id or a client's text.
using labels = std::vector<std::pair<std::string, std::string>>;

/// All metrics of a process. A series may have several cells, one a writer; each has its own cache line and
/// the exposition adds them up, so that hot counters share nothing. Thread: any (a lock; take cells once, at
/// start). Cells live as long as the registry. The first help of a name stays.
/// Every function that takes a name throws std::invalid_argument for a name or label name that Prometheus
/// does not allow, a label name that occurs twice or is reserved ("le", "__..."), and a name that already has
/// another type: mistakes of the program, found at its start.
class registry {
 public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  /// The cell of (name, labels, writer); made on first use. A restarted actor asks with its old writer number
  /// and goes on with the same cell.
  [[nodiscard]] metrics::counter& counter(std::string_view name, std::string_view help, const labels& l = {},
                                          std::size_t writer = 0);
  [[nodiscard]] metrics::gauge& gauge(std::string_view name, std::string_view help, const labels& l = {},
                                      std::size_t writer = 0);
  [[nodiscard]] metrics::histogram& histogram(std::string_view name, std::string_view help,
                                              const labels& l = {}, std::size_t writer = 0);

  /// A gauge that is computed when somebody looks. The function is called on the thread that renders, under
  /// the registry's lock: it must be quick and must not use the registry. A second one for the same series
  /// takes the first one's place, and the first is not called any more once this returns. The series adds it
  /// to its cells.
  void observe(std::string_view name, std::string_view help, const labels& l, std::function<double()> read);

  /// Prometheus text format 0.0.4, families in the order of their names, series in that of their labels.
  /// Source: https://prometheus.io/docs/instrumenting/exposition_formats/. Cost: O(cells), under the lock.
  [[nodiscard]] std::string expose() const;

 private:
  enum class kind : std::uint8_t { counter, gauge, histogram };
  struct series;
  struct family;
  series& series_of(std::string_view name, std::string_view help, kind type, const labels& l);
  static void expose(std::string& out, const std::string& name, const family& f);

  mutable std::mutex guard_;
  std::map<std::string, std::unique_ptr<family>, std::less<>> families_;
};

} // namespace troupe::metrics
