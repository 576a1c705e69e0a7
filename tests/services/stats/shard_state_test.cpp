#include "services/stats/shard_state.hpp"
#include "tests/services/stats/first_of.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;
using stats::event;
using stats::metric;
using stats::ranked;
using stats::rate_sums;
using stats::shard_state;
using stats::window;

namespace {

const base::time_point start{std::chrono::minutes(1000)};

event make(const std::string& product, const std::string& id, metric what = metric::views,
           std::uint32_t quantity = 1) {
  return {stats::event_hasher()(product, id), product, what, quantity};
}

std::vector<ranked> views(shard_state& state) {
  return stats::test::first_of(state.counters(), metric::views, window::all, 100, start);
}

} // namespace

TEST_CASE("an event is counted once, within a batch and over batches") {
  shard_state state(0, {}, {1, 1}, {});
  auto first = state.count(std::vector{make("a", "1"), make("a", "1"), make("a", "2")}, start);
  REQUIRE(first.has_value());
  CHECK(first->accepted[0] == 2);
  CHECK(first->duplicates[0] == 1);
  auto second = state.count(std::vector{make("a", "2"), make("a", "3", metric::purchases, 7)}, start);
  CHECK(second->accepted[0] == 0);
  CHECK(second->accepted[1] == 1);
  CHECK(second->duplicates[0] == 1);
  CHECK(views(state) == std::vector<ranked>{{"a", 2}});
}

TEST_CASE("an id of one product says nothing about the same id of another") {
  shard_state state(0, {}, {1, 1}, {});
  auto done = state.count(std::vector{make("a", "1"), make("b", "1")}, start);
  CHECK(done->accepted[0] == 2);
}

TEST_CASE("an event with a known id counts nothing even if its type and quantity differ") {
  shard_state state(0, {}, {1, 1}, {});
  REQUIRE(state.count(std::vector{make("a", "1", metric::views, 2)}, start).has_value());
  auto again = state.count(std::vector{make("a", "1", metric::purchases, 50)}, start);
  CHECK(again->duplicates[1] == 1);
  CHECK(stats::test::first_of(state.counters(), metric::purchases, window::all, 10, start).empty());
}

TEST_CASE("the last minute holds quantities, payments, and events whatever their quantity") {
  shard_state state(0, {}, {1, 1}, {});
  REQUIRE(
      state.count(std::vector{make("a", "1", metric::views, 3), make("a", "2", metric::purchases, 10)}, start)
          .has_value());
  state.count_published(std::vector<stats::product_views>{{"a", 4}, {"b", 5}}, 2, start + 1s);
  CHECK(state.last_minute(start + 1s) ==
        rate_sums{.views = 12, .purchases = 10, .payments = 2, .events = 11});
  CHECK(state.last_minute(start + 60s) == rate_sums{.views = 9, .purchases = 0, .payments = 2, .events = 9});
  CHECK(views(state) == std::vector<ranked>{{"a", 7}, {"b", 5}});
}

TEST_CASE(
    "a delta holds the new ids and the totals of changed products, and is empty of them after it was saved") {
  shard_state state(3, {.keys = 2}, {1, 1}, {});
  CHECK_FALSE(state.has_unsaved());
  REQUIRE(state.count(std::vector{make("a", "1"), make("b", "2"), make("c", "3", metric::views, 5)}, start)
              .has_value());
  CHECK(state.has_unsaved());
  const auto first = state.begin_save();
  CHECK_FALSE(state.has_unsaved());
  CHECK(first.shard == 3);
  CHECK(first.totals == std::vector<stats::product_total>{{"a", {1, 0}}, {"b", {1, 0}}});
  CHECK(first.untracked == stats::amounts{5, 0});
  REQUIRE(first.ids.size() == 3);
  CHECK(first.ids[0].key == make("a", "1").key);
  CHECK(first.ids[0].slot == stats::product_slot("a"));

  REQUIRE(state.count(std::vector{make("b", "4")}, start).has_value()); // while it is being saved
  state.saved();
  CHECK(state.has_unsaved());
  CHECK(state.unsaved_ids() == 1);
  const auto second = state.begin_save();
  CHECK(second.totals == std::vector<stats::product_total>{{"b", {2, 0}}});
  REQUIRE(second.ids.size() == 1);
  CHECK(second.ids[0].key == make("b", "4").key);
  state.saved();
  CHECK_FALSE(state.has_unsaved());
}

TEST_CASE("a delta that was not saved comes again with what has been counted since") {
  shard_state state(0, {}, {1, 1}, {});
  REQUIRE(state.count(std::vector{make("a", "1")}, start).has_value());
  (void)state.begin_save();
  REQUIRE(state.count(std::vector{make("b", "2")}, start).has_value());
  state.save_failed();
  CHECK(state.has_unsaved());
  const auto again = state.begin_save();
  CHECK(again.totals.size() == 2);
  REQUIRE(again.ids.size() == 2);
  CHECK(again.ids[0].key == make("a", "1").key);
  CHECK(again.ids[1].key == make("b", "2").key);
}

TEST_CASE("events are refused as a whole batch when too much is unsaved, and taken again after a save") {
  shard_state state(0, {.unsaved_ids = 3}, {1, 1}, {});
  REQUIRE(state.count(std::vector{make("a", "1"), make("a", "2")}, start).has_value());
  const std::vector two{make("a", "3"), make("a", "4")};
  const auto refused = state.count(two, start);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::unavailable);
  CHECK(views(state) == std::vector<ranked>{{"a", 2}});
  CHECK(state.seen_ids() == 2);
  state.count_published(std::vector<stats::product_views>{{"a", 4}}, 0, start); // needs no memory
  CHECK(views(state) == std::vector<ranked>{{"a", 6}});
  (void)state.begin_save();
  CHECK(state.count(two, start).has_error()); // not yet saved
  state.saved();
  CHECK(state.count(two, start)->accepted[0] == 2);
}

TEST_CASE("a shard goes on from what was saved") {
  shard_state before(0, {.keys = 1}, {1, 1}, {});
  REQUIRE(before.count(std::vector{make("a", "1"), make("b", "2", metric::views, 5)}, start).has_value());
  const auto saved = before.begin_save();
  stats::snapshot from;
  for (const auto& id : saved.ids) from.ids.push_back(id.key);
  from.totals = saved.totals;
  from.untracked = saved.untracked;

  shard_state after(0, {.keys = 1}, {2, 2}, from);
  CHECK_FALSE(after.has_unsaved());
  const auto done =
      after.count(std::vector{make("a", "1"), make("b", "2", metric::views, 5), make("a", "3")}, start);
  CHECK(done->duplicates[0] == 2);
  CHECK(done->accepted[0] == 1);
  CHECK(views(after) == std::vector<ranked>{{"a", 2}});
  CHECK(after.counters().untracked(metric::views, window::all, start) == 5);
}
