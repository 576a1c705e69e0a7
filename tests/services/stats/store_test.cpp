#include "services/stats/shard_state.hpp"
#include "services/stats/store.hpp"
#include "tests/platform/store/scratch_directory.hpp"
#include "tests/services/stats/first_of.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using stats::event;
using stats::metric;
using stats::ranked;
using stats::shard_state;
using stats::stats_store;
using stats::window;
using store::test::scratch_directory;

namespace {

constexpr std::size_t many = 1'000'000;
const base::time_point now{std::chrono::minutes(1000)};

event make(const std::string& product, const std::string& id, std::uint32_t quantity = 1) {
  return {stats::event_hasher()(product, id), product, metric::purchases, quantity};
}

stats_store opened(const scratch_directory& dir, std::size_t most_ids = many) {
  auto store = stats_store::open(dir.file("stats.sqlite"), most_ids);
  REQUIRE(store.has_value());
  return std::move(*store);
}

// A shard as it is after a start: from what the file holds.
shard_state started(stats_store& store, const stats::shard_limits& limits = {}) {
  auto all = store.load_all(1, limits.keys);
  REQUIRE(all.has_value());
  REQUIRE(all->size() == 1);
  return {0, limits, {1, 1}, all->front()};
}

void save(stats_store& store, shard_state& shard) {
  REQUIRE(store.save(shard.begin_save()).has_value());
  shard.saved();
}

stats::outcome count(shard_state& shard, const std::vector<event>& events) {
  auto done = shard.count(events, now);
  REQUIRE(done.has_value());
  return *done;
}

std::vector<ranked> purchases(shard_state& shard) {
  return stats::test::first_of(shard.counters(), metric::purchases, window::all, 1000, now);
}

} // namespace

TEST_CASE("an empty store starts an empty shard") {
  const scratch_directory dir;
  auto store = opened(dir);
  auto shard = started(store);
  CHECK(purchases(shard).empty());
  CHECK(shard.seen_ids() == 0);
}

TEST_CASE("what was saved is there after a restart, and events sent again are not counted again") {
  const scratch_directory dir;
  const std::vector events{make("a", "1", 6), make("b", "2", 3), make("a", "3", 1)};
  {
    auto store = opened(dir);
    auto shard = started(store);
    count(shard, events);
    save(store, shard);
  }
  auto store = opened(dir);
  auto shard = started(store);
  CHECK(purchases(shard) == std::vector<ranked>{{"a", 7}, {"b", 3}});
  CHECK(count(shard, events).duplicates[1] == 3);
  CHECK(purchases(shard) == std::vector<ranked>{{"a", 7}, {"b", 3}});
  CHECK(stats::test::first_of(shard.counters(), metric::purchases, window::hour, 10, now).empty());
}

TEST_CASE("C-145: a crash loses at most what was not saved, and when all is sent again everything is counted "
          "once") {
  const scratch_directory dir;
  std::vector<event> all;
  for (int i = 0; i < 200; ++i)
    all.push_back(
        make("p" + std::to_string(i % 7), std::to_string(i), 1 + static_cast<std::uint32_t>(i % 5)));
  const std::vector saved(all.begin(), all.begin() + 120);
  const std::vector lost(all.begin() + 120, all.end());
  std::vector<ranked> at_the_save;
  {
    auto store = opened(dir);
    auto shard = started(store);
    count(shard, saved);
    save(store, shard);
    at_the_save = purchases(shard);
    count(shard, lost);
    (void)shard.begin_save(); // the process ends before the store has seen it
  }
  auto store = opened(dir);
  auto shard = started(store);
  CHECK(purchases(shard) == at_the_save);
  const auto again = count(shard, all);
  CHECK(again.duplicates[1] == saved.size());
  CHECK(again.accepted[1] == lost.size());

  shard_state without_crash(0, {}, {1, 1}, {});
  count(without_crash, all);
  CHECK(purchases(shard) == purchases(without_crash));
}

TEST_CASE("a save that fails half-way leaves neither ids nor totals") {
  const scratch_directory dir;
  auto store = opened(dir);
  auto shard = started(store);
  count(shard, {make("a", "1", 6)});
  save(store, shard);
  count(shard, {make("a", "2", 100), make("b", "3", 1)});
  {
    // Another program holds the last table that is written, as far as SQLite lets it: the schema refuses the
    // row.
    auto other = store::database::open(dir.file("stats.sqlite"), store::database::access::read_write);
    REQUIRE(other.has_value());
    REQUIRE(
        other
            ->execute(
                "CREATE TRIGGER broken BEFORE INSERT ON untracked_total BEGIN SELECT RAISE(ABORT, 'x'); END")
            .has_value());
  }
  CHECK(store.save(shard.begin_save()).has_error());
  shard.save_failed();
  {
    auto found = store.load_one(0, 1, many);
    REQUIRE(found.has_value());
    CHECK(found->ids.size() == 1);
    CHECK(found->totals == std::vector<stats::product_total>{{"a", {0, 6}}});
  }
  {
    auto other = store::database::open(dir.file("stats.sqlite"), store::database::access::read_write);
    REQUIRE(other->execute("DROP TRIGGER broken").has_value());
  }
  save(store, shard);
  const auto found = store.load_one(0, 1, many);
  CHECK(found->ids.size() == 3);
  CHECK(found->totals == std::vector<stats::product_total>{{"a", {0, 106}}, {"b", {0, 1}}});
}

TEST_CASE("saving the same delta twice changes no total") {
  const scratch_directory dir;
  auto store = opened(dir);
  auto shard = started(store, {.keys = 1});
  count(shard, {make("a", "1", 6), make("b", "2", 5)});
  const auto delta = shard.begin_save();
  REQUIRE(store.save(delta).has_value());
  REQUIRE(store.save(delta).has_value()); // its first answer was lost
  auto after = started(store, {.keys = 1});
  CHECK(purchases(after) == std::vector<ranked>{{"a", 6}});
  CHECK(after.counters().untracked(metric::purchases, window::all, now) == 5);
  CHECK(after.seen_ids() == 2);
}

TEST_CASE("products and ids find their shard when the number of shards changes") {
  const scratch_directory dir;
  std::vector<event> events;
  for (int i = 0; i < 100; ++i) events.push_back(make("p" + std::to_string(i), "1", 2));
  const auto of = [&](std::size_t shard, std::size_t shards) {
    std::vector<event> mine;
    for (const auto& e : events) {
      if (stats::product_slot(e.product_id) % shards == shard) mine.push_back(e);
    }
    return mine;
  };
  for (const std::size_t shards : {2, 5, 1, 3}) {
    auto store = opened(dir);
    auto all = store.load_all(shards, many);
    REQUIRE(all.has_value());
    for (std::size_t s = 0; s < shards; ++s) {
      shard_state shard(s, {}, {1, 1}, (*all)[s]);
      const auto mine = of(s, shards);
      const auto done = count(shard, mine);
      CHECK(done.accepted[1] == (shards == 2 ? mine.size() : 0));
      CHECK(purchases(shard).size() == mine.size());
      save(store, shard);
      const auto one = store.load_one(s, shards, many);
      REQUIRE(one.has_value());
      CHECK(one->totals.size() == mine.size());
    }
  }
}

TEST_CASE("untracked quantities are kept when the number of shards changes, and none is counted twice") {
  const scratch_directory dir;
  stats::delta delta;
  for (const auto& [shards, shard, total] : std::vector<std::tuple<std::size_t, std::size_t, std::uint64_t>>{
           {3, 1, 10}, {3, 2, 5}, {1, 0, 0}, {4, 3, 2}, {2, 1, 0}}) {
    auto store = opened(dir);
    REQUIRE(store.load_all(shards, many).has_value());
    if (total == 0) continue;
    delta.shard = shard;
    delta.untracked = {total, 1};
    REQUIRE(store.save(delta).has_value());
  }
  auto store = opened(dir);
  const auto all = store.load_all(2, many);
  REQUIRE(all.has_value());
  CHECK((*all)[0].untracked == stats::amounts{17, 3});
  CHECK((*all)[1].untracked == stats::amounts{0, 0});
}

TEST_CASE("a shard that has place for fewer products gets those with the largest totals, and the others stay "
          "in the file") {
  const scratch_directory dir;
  auto store = opened(dir);
  auto shard = started(store);
  count(shard, {make("a", "1", 1), make("b", "2", 3), make("c", "3", 2)});
  save(store, shard);
  const auto fewer = store.load_all(1, 2);
  CHECK(fewer->front().totals == std::vector<stats::product_total>{{"b", {0, 3}}, {"c", {0, 2}}});
  CHECK(store.load_all(1, 3)->front().totals.size() == 3);
}

TEST_CASE("the store keeps the newest ids, oldest first") {
  const scratch_directory dir;
  auto store = opened(dir, 3);
  auto shard = started(store);
  for (const auto* id : {"1", "2", "3", "4", "5"}) {
    count(shard, {make("a", id)});
    save(store, shard);
  }
  const auto kept = store.load_one(0, 1, many);
  REQUIRE(kept.has_value());
  CHECK(kept->ids == std::vector{make("a", "3").key, make("a", "4").key, make("a", "5").key});
}

TEST_CASE("product ids are kept byte by byte") {
  const scratch_directory dir;
  const std::vector<std::string> odd{std::string("nul\0byte", 8), "'; DROP TABLE product_total; --",
                                     "\xC3\xA4\xE2\x82\xAC", "A", "a"};
  {
    auto store = opened(dir);
    auto shard = started(store);
    for (const auto& id : odd) count(shard, {make(id, "1", 4)});
    save(store, shard);
  }
  auto store = opened(dir);
  auto shard = started(store);
  auto found = purchases(shard);
  REQUIRE(found.size() == odd.size());
  for (const auto& id : odd) CHECK(std::count(found.begin(), found.end(), ranked{id, 4}) == 1);
}

TEST_CASE("a damaged row and a damaged file are refused with what to do") {
  const scratch_directory dir;
  {
    auto store = opened(dir);
    auto other = store::database::open(dir.file("stats.sqlite"), store::database::access::read_write);
    REQUIRE(other->execute("INSERT INTO seen_event(slot, key) VALUES(1, x'00')").has_value());
    const auto loaded = store.load_all(1, many);
    REQUIRE(loaded.has_error());
    CHECK(loaded.error().code == base::errc::unavailable);
  }
  std::ofstream(dir.file("other.sqlite")) << std::string(5000, 'x');
  const auto refused = stats_store::open(dir.file("other.sqlite"), many);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::unavailable);
}
