#include "services/stats/aggregator.hpp"
#include "tests/services/stats/first_of.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;
using stats::aggregator;
using stats::metric;
using stats::ranked;
using stats::test::first_of;
using stats::window;

namespace {

constexpr window windows[] = {window::minute, window::hour, window::all};
constexpr metric metrics[] = {metric::views, metric::purchases};

// A whole minute, so that seconds and minutes begin together.
const base::time_point start{std::chrono::minutes(1000)};

std::uint64_t value(aggregator& counters, const std::string& id, metric what, window over,
                    base::time_point now) {
  for (const auto& item : first_of(counters, what, over, 1000, now)) {
    if (item.product_id == id) return item.value;
  }
  return 0;
}

} // namespace

TEST_CASE("quantities of one product and metric are added up, and metrics are apart") {
  aggregator counters(10);
  counters.add("a", metric::purchases, 6, start);
  counters.add("a", metric::purchases, 4, start + 500ms);
  counters.add("a", metric::views, 1, start);
  for (const auto w : windows) {
    CHECK(value(counters, "a", metric::purchases, w, start + 1s) == 10);
    CHECK(value(counters, "a", metric::views, w, start + 1s) == 1);
  }
}

TEST_CASE("the one-minute window holds the second in progress and the 59 before it, to the tick") {
  aggregator counters(10);
  counters.add("a", metric::views, 3, start + 999ms);
  CHECK(value(counters, "a", metric::views, window::minute, start + 60s - 1ns) == 3);
  CHECK(value(counters, "a", metric::views, window::minute, start + 60s) == 0);
  CHECK(value(counters, "a", metric::views, window::hour, start + 60s) == 3);
}

TEST_CASE("the one-hour window holds the minute in progress and the 59 before it, to the tick") {
  aggregator counters(10);
  counters.add("a", metric::views, 3, start + 59s);
  CHECK(value(counters, "a", metric::views, window::hour, start + 60min - 1ns) == 3);
  CHECK(value(counters, "a", metric::views, window::hour, start + 60min) == 0);
  CHECK(value(counters, "a", metric::views, window::all, start + 60min) == 3);
}

TEST_CASE("what came in later buckets stays when an earlier one expires") {
  aggregator counters(10);
  for (int s = 0; s < 90; ++s) counters.add("a", metric::views, 1, start + std::chrono::seconds(s));
  CHECK(value(counters, "a", metric::views, window::minute, start + 89s) == 60);
  CHECK(value(counters, "a", metric::views, window::minute, start + 100s) == 49);
  CHECK(value(counters, "a", metric::views, window::minute, start + 148s) == 1);
  CHECK(value(counters, "a", metric::views, window::minute, start + 149s) == 0);
  CHECK(value(counters, "a", metric::views, window::hour, start + 149s) == 90);
}

TEST_CASE("a silence longer than every window leaves only the totals") {
  for (const auto silence : {std::chrono::hours(1), std::chrono::hours(2), std::chrono::hours(24 * 365)}) {
    aggregator counters(10);
    counters.add("a", metric::views, 2, start);
    const auto later = start + silence;
    CHECK(first_of(counters, metric::views, window::minute, 10, later).empty());
    CHECK(first_of(counters, metric::views, window::hour, 10, later).empty());
    CHECK(value(counters, "a", metric::views, window::all, later) == 2);
    counters.add("a", metric::views, 5, later);
    CHECK(value(counters, "a", metric::views, window::minute, later) == 5);
  }
}

TEST_CASE("a time that lies before an earlier one is taken for that one") {
  aggregator counters(10);
  counters.add("a", metric::views, 1, start + 100s);
  counters.add("a", metric::views, 1, start);
  CHECK(value(counters, "a", metric::views, window::minute, start + 159s) == 2);
  CHECK(value(counters, "a", metric::views, window::minute, start + 160s) == 0);
}

TEST_CASE("the top is sorted by value descending, then by id ascending, and cut at the limit") {
  aggregator counters(100);
  for (const auto* id : {"b", "a", "c", "B", "aa"}) counters.add(id, metric::views, 5, start);
  counters.add("z", metric::views, 9, start);
  counters.add("y", metric::views, 1, start);
  counters.add("bought", metric::purchases, 100, start);
  const std::vector<ranked> all{{"z", 9}, {"B", 5}, {"a", 5}, {"aa", 5}, {"b", 5}, {"c", 5}, {"y", 1}};
  for (std::size_t limit = 0; limit <= all.size() + 1; ++limit) {
    const auto cut = std::min(limit, all.size());
    const std::vector<ranked> expected(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut));
    for (const auto w : windows) CHECK(first_of(counters, metric::views, w, limit, start) == expected);
  }
}

TEST_CASE("products beyond the bound are not tracked, and their quantities are reported apart") {
  aggregator counters(2);
  CHECK(counters.add("a", metric::views, 1, start));
  CHECK(counters.add("b", metric::purchases, 2, start));
  CHECK_FALSE(counters.add("c", metric::views, 4, start));
  CHECK_FALSE(counters.add("d", metric::views, 8, start + 1s));
  CHECK(counters.add("a", metric::views, 16, start)); // who is tracked stays tracked
  CHECK(counters.keys() == 2);
  CHECK(first_of(counters, metric::views, window::all, 10, start) == std::vector<ranked>{{"a", 17}});
  for (const auto w : windows) {
    CHECK(counters.untracked(metric::views, w, start + 1s) == 12);
    CHECK(counters.untracked(metric::purchases, w, start + 1s) == 0);
  }
  CHECK(counters.untracked(metric::views, window::minute, start + 60s) == 8);
  CHECK(counters.untracked(metric::views, window::hour, start + 1h) == 0);
  CHECK(counters.untracked(metric::views, window::all, start + 1h) == 12);
}

TEST_CASE("the top is the same list until a value in it changes or leaves a window") {
  aggregator counters(1000);
  for (int i = 0; i < 500; ++i) counters.add("p" + std::to_string(i), metric::views, 1 + i, start);
  const auto all = counters.top(metric::views, window::all, start);
  const auto minute = counters.top(metric::views, window::minute, start);
  CHECK(all->size() == stats::most_items);
  counters.add("p0", metric::views, 1, start); // far behind
  counters.add("p499", metric::purchases, 1, start);
  CHECK(counters.top(metric::views, window::all, start + 59s) == all);
  CHECK(counters.top(metric::views, window::minute, start + 59s) == minute);
  CHECK(counters.top(metric::views, window::minute, start + 60s)->empty());
  CHECK(counters.top(metric::views, window::all, start + 60s) == all);
  counters.add("p499", metric::views, 1, start + 60s);
  CHECK(counters.top(metric::views, window::all, start + 60s) != all);
  CHECK(all->front() == ranked{"p499", 500}); // a list that was given never changes
}

TEST_CASE("restored totals count on; the windows begin empty") {
  aggregator counters(2);
  counters.restore({"a", {100, 7}});
  counters.restore({"b", {1, 0}});
  counters.restore({"c", {5, 5}}); // no place
  counters.restore_untracked({3, 4});
  CHECK_FALSE(counters.has_changed());
  CHECK(first_of(counters, metric::views, window::hour, 10, start).empty());
  counters.add("a", metric::views, 1, start);
  CHECK(first_of(counters, metric::views, window::all, 10, start) == std::vector<ranked>{{"a", 101}, {"b", 1}});
  CHECK(first_of(counters, metric::purchases, window::all, 10, start) == std::vector<ranked>{{"a", 7}});
  CHECK(counters.untracked(metric::purchases, window::all, start) == 4);
}

TEST_CASE("a total stops at the largest number that the store holds") {
  aggregator counters(2);
  constexpr std::uint64_t most = 9'223'372'036'854'775'807U;
  counters.restore({"a", {most - 5, ~std::uint64_t{0}}});
  counters.add("a", metric::views, 5, start);
  CHECK(value(counters, "a", metric::views, window::all, start) == most);
  counters.add("a", metric::views, 1'000'000, start);
  counters.add("a", metric::purchases, 1, start);
  CHECK(value(counters, "a", metric::views, window::all, start) == most);
  CHECK(value(counters, "a", metric::purchases, window::all, start) == most);
  CHECK(value(counters, "a", metric::views, window::minute, start) == 1'000'005);
}

TEST_CASE("changed keys are given once, and again when they are taken back") {
  aggregator counters(2);
  counters.add("a", metric::views, 1, start);
  counters.add("a", metric::views, 1, start);
  counters.add("b", metric::views, 1, start);
  counters.add("c", metric::views, 1, start);
  const auto changed = counters.take_changed();
  CHECK(changed == std::vector<std::uint32_t>{1, 2, aggregator::untracked_key});
  CHECK_FALSE(counters.has_changed());
  counters.add("b", metric::purchases, 9, start);
  counters.change_again(changed);
  CHECK(counters.take_changed() == std::vector<std::uint32_t>{2, 1, aggregator::untracked_key});
  CHECK(counters.total(2) == stats::product_total{"b", {1, 9}});
}

TEST_CASE("the top of 1,000 products is what sorting them all gives, while amounts leave the windows") {
  std::mt19937 random(20110101);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  constexpr std::uint32_t products = 1000;
  aggregator counters(products);
  std::vector<std::uint64_t> restored(products);
  for (std::uint32_t p = 0; p < products; ++p) {
    restored[p] = below(500);
    counters.restore({"p" + std::to_string(p), {restored[p], 0}});
  }
  // By second: what was counted of each product.
  std::map<std::int64_t, std::map<std::uint32_t, std::uint64_t>> seconds;
  const auto expected = [&](window over, std::int64_t now) {
    std::vector<std::uint64_t> sums = over == window::all ? restored : std::vector<std::uint64_t>(products);
    for (const auto& [second, counted] : seconds) {
      if (over == window::minute && second <= now - 60) continue;
      if (over == window::hour && second / 60 <= now / 60 - 60) continue;
      for (const auto& [p, value] : counted) sums[p] += value;
    }
    std::vector<ranked> out;
    for (std::uint32_t p = 0; p < products; ++p) {
      if (sums[p] > 0) out.push_back({"p" + std::to_string(p), sums[p]});
    }
    std::sort(out.begin(), out.end());
    return out;
  };

  std::int64_t now = 0;
  for (int step = 0; step < 200; ++step) {
    now += below(20) == 0 ? below(3000) : below(3);
    const base::time_point time{std::chrono::seconds(now)};
    const auto events = below(4) == 0 ? 0 : below(2) == 0 ? 600 : 20;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(events); ++i) {
      const auto p = below(products);
      const auto quantity = 1 + below(below(2) == 0 ? 1 : 1000);
      counters.add("p" + std::to_string(p), metric::views, quantity, time);
      seconds[now][p] += quantity;
    }
    for (const auto over : windows) {
      auto want = expected(over, now);
      for (const std::size_t limit : {100, 10, 1}) {
        want.resize(std::min(want.size(), limit));
        REQUIRE(first_of(counters, metric::views, over, limit, time) == want);
      }
    }
  }
}

TEST_CASE("100,000 random events give what a list of all of them gives") {
  struct record {
    std::string id;
    metric what;
    std::uint32_t quantity;
    std::int64_t millisecond;
  };
  constexpr std::size_t most_keys = 60;
  std::mt19937 random(20101201);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  aggregator counters(most_keys);
  std::vector<record> all;
  std::map<std::string, std::size_t> tracked;
  std::int64_t now = 0;

  const auto expected = [&](metric what, window over, const std::string* untracked) {
    std::map<std::string, std::uint64_t> sums;
    std::uint64_t rest = 0;
    const auto unit = over == window::minute ? 1000 : 60'000;
    for (auto r = all.rbegin(); r != all.rend(); ++r) {
      if (over != window::all && r->millisecond / unit <= now / unit - 60) break;
      if (r->what != what) continue;
      (tracked.count(r->id) > 0 ? sums[r->id] : rest) += r->quantity;
    }
    if (untracked) return std::vector<ranked>{{*untracked, rest}};
    std::vector<ranked> out;
    for (const auto& [id, sum] : sums) out.push_back({id, sum});
    std::sort(out.begin(), out.end());
    return out;
  };

  const std::string rest = "untracked";
  for (int i = 0; i < 100'000; ++i) {
    // Mostly dense, at times a jump of seconds, minutes or more than an hour.
    const auto luck = below(20'000);
    now += luck < 2 ? below(8'000'000) : luck < 20 ? below(200'000) : luck < 400 ? below(3000) : below(12);
    record r{"p" + std::to_string(below(80) * below(2) + below(4)),
             below(3) == 0 ? metric::purchases : metric::views, 1 + below(50), now};
    if (tracked.size() < most_keys) tracked.emplace(r.id, tracked.size());
    const auto time = base::time_point(std::chrono::milliseconds(now));
    REQUIRE(counters.add(r.id, r.what, r.quantity, time) == (tracked.count(r.id) > 0));
    all.push_back(std::move(r));
    if (i % 3989 != 0) continue;
    for (const auto what : metrics) {
      for (const auto over : windows) {
        auto want = expected(what, over, nullptr);
        REQUIRE(first_of(counters, what, over, 1000, time) == want);
        want.resize(std::min<std::size_t>(want.size(), 7));
        REQUIRE(first_of(counters, what, over, 7, time) == want);
        REQUIRE(counters.untracked(what, over, time) == expected(what, over, &rest).front().value);
      }
    }
  }
  CHECK(tracked.size() == most_keys);
}
