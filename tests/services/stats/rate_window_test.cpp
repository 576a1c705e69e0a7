#include "services/stats/rate_window.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using stats::rate_sums;

TEST_CASE("rates are sums over the second in progress and the 59 before it") {
  stats::rate_window rates;
  rates.add({.views = 1, .purchases = 2, .payments = 3, .events = 4}, 1000);
  rates.add({.views = 10, .purchases = 20, .payments = 30, .events = 40}, 1001);
  CHECK(rates.sums(1001) == rate_sums{11, 22, 33, 44});
  CHECK(rates.sums(1059) == rate_sums{11, 22, 33, 44});
  CHECK(rates.sums(1060) == rate_sums{10, 20, 30, 40});
  CHECK(rates.sums(1061) == rate_sums{});
}

TEST_CASE("rates are empty after a silence of any length, and count on") {
  for (const std::int64_t silence : {60, 61, 119, 120, 100'000}) {
    stats::rate_window rates;
    rates.add({.events = 5}, 5);
    CHECK(rates.sums(5 + silence) == rate_sums{});
    rates.add({.events = 7}, 6 + silence);
    CHECK(rates.sums(6 + silence).events == 7);
  }
}

TEST_CASE("a second that lies before the newest is taken for the newest") {
  stats::rate_window rates;
  rates.add({.events = 1}, 100);
  rates.add({.events = 2}, 40);
  CHECK(rates.sums(159).events == 3);
  CHECK(rates.sums(160).events == 0);
}
