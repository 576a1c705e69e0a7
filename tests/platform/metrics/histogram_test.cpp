#include "platform/metrics/registry.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>

using namespace std::chrono_literals;
using troupe::metrics::histogram;

namespace {

std::size_t bucket_of(std::chrono::nanoseconds took) {
  histogram h;
  h.record(took);
  for (std::size_t i = 0; i < histogram::buckets; ++i) {
    if (h.in_bucket(i) == 1) return i;
  }
  return histogram::buckets;
}

} // namespace

TEST_CASE("bucket bounds double from 2 microseconds, and the last one is infinite") {
  CHECK(histogram::upper_bound(0) == 2e-6);
  CHECK(histogram::upper_bound(1) == 4e-6);
  CHECK(histogram::upper_bound(18) == 0.524288);
  CHECK(std::isinf(histogram::upper_bound(19)));
  for (std::size_t i = 1; i < histogram::buckets - 1; ++i) {
    CHECK(histogram::upper_bound(i) == Approx(2 * histogram::upper_bound(i - 1)));
  }
}

TEST_CASE("a bound belongs to its own bucket, and a nanosecond more to the next") {
  for (std::size_t i = 0; i < histogram::buckets - 1; ++i) {
    const std::chrono::nanoseconds bound = 2us * (1 << i);
    CHECK(bucket_of(bound) == i);
    CHECK(bucket_of(bound + 1ns) == i + 1);
  }
}

TEST_CASE("the shortest and the longest durations have a bucket") {
  CHECK(bucket_of(0ns) == 0);
  CHECK(bucket_of(1ns) == 0);
  CHECK(bucket_of(-5s) == 0);
  CHECK(bucket_of(1h) == 19);
  CHECK(bucket_of(std::chrono::nanoseconds::max()) == 19);
}

TEST_CASE("the sum adds durations up, and a negative one adds nothing") {
  histogram h;
  h.record(1500ms);
  h.record(250ms);
  h.record(-1s);
  CHECK(h.sum_seconds() == Approx(1.75));
}
