#include "services/stats/stats.hpp"
#include "tests/services/stats/running_stats.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;
using namespace stats;
using stats::test::running_stats;

namespace {

void add(v1::PublishEventsRequest& batch, const std::string& product, const std::string& id,
         v1::EventType type, std::uint32_t quantity = 0) {
  auto& e = *batch.add_events();
  e.set_id(id);
  e.set_product_id(product);
  e.set_type(type);
  if (quantity > 0) e.set_quantity(quantity);
}

std::vector<ranked> items(const base::result<v1::TopReply>& reply) {
  REQUIRE(reply.has_value());
  std::vector<ranked> out;
  for (const auto& item : reply->items()) out.push_back({item.product_id(), item.value()});
  return out;
}

} // namespace

TEST_CASE("a batch is counted by all shards together, whatever their number") {
  for (const std::size_t shards : {1, 2, 7}) {
    running_stats b(shards);
    v1::PublishEventsRequest batch;
    std::map<std::string, std::uint64_t> sums;
    for (int i = 0; i < 1000; ++i) {
      const auto product = "p" + std::to_string(i % 40);
      add(batch, product, std::to_string(i), v1::EVENT_TYPE_PURCHASE, 1 + static_cast<std::uint32_t>(i % 9));
      sums[product] += 1 + static_cast<std::uint64_t>(i % 9);
    }
    const auto first = b.publish(batch);
    REQUIRE(first.has_value());
    CHECK(first->accepted() == 1000);
    CHECK(first->duplicates() == 0);
    const auto second = b.publish(batch);
    CHECK(second->accepted() == 0);
    CHECK(second->duplicates() == 1000);

    std::vector<ranked> expected;
    for (const auto& [id, sum] : sums) expected.push_back({id, sum});
    std::sort(expected.begin(), expected.end());
    CHECK(items(b.top(v1::METRIC_PURCHASES)) == expected);
    CHECK(items(b.top(v1::METRIC_VIEWS)).empty());
    for (const std::uint32_t limit : {1U, 5U, 39U, 40U, 41U}) {
      auto cut = expected;
      cut.resize(std::min<std::size_t>(limit, cut.size()));
      for (const auto w : {v1::WINDOW_1M, v1::WINDOW_1H, v1::WINDOW_ALL}) {
        CHECK(items(b.top(v1::METRIC_PURCHASES, w, limit)) == cut);
      }
    }
  }
}

TEST_CASE("a view without a quantity counts one") {
  running_stats b(2);
  v1::PublishEventsRequest batch;
  add(batch, "a", "1", v1::EVENT_TYPE_VIEW);
  add(batch, "a", "2", v1::EVENT_TYPE_VIEW, 5);
  REQUIRE(b.publish(batch).has_value());
  CHECK(items(b.top(v1::METRIC_VIEWS)) == std::vector<ranked>{{"a", 6}});
}

TEST_CASE("a batch with one bad event counts nothing") {
  running_stats b(2);
  v1::PublishEventsRequest batch;
  add(batch, "a", "1", v1::EVENT_TYPE_VIEW);
  add(batch, "b", "2", v1::EVENT_TYPE_PURCHASE);
  const auto refused = b.publish(batch);
  REQUIRE(refused.has_error());
  CHECK(refused.error() ==
        base::fail(base::errc::invalid_argument, "events[1].quantity: a purchase needs it"));
  CHECK(items(b.top(v1::METRIC_VIEWS)).empty());
  CHECK(b.top(v1::METRIC_VIEWS, v1::WINDOW_ALL, 0).error().code == base::errc::invalid_argument);
}

TEST_CASE("products beyond the bound of all shards are reported as untracked, and only when there are some") {
  running_stats b(3, {.keys = 1});
  v1::PublishEventsRequest batch;
  for (int i = 0; i < 50; ++i) add(batch, "p" + std::to_string(i), "1", v1::EVENT_TYPE_VIEW, 2);
  CHECK(b.publish(batch)->accepted() == 50);
  const auto views = b.top(v1::METRIC_VIEWS);
  CHECK(items(views).size() == 3);
  CHECK(views->untracked() == 94);
  CHECK_FALSE(b.top(v1::METRIC_PURCHASES)->has_untracked());
}

TEST_CASE("rates are averages over a minute, rounded to thousandths") {
  running_stats b(2);
  v1::PublishEventsRequest batch;
  add(batch, "a", "1", v1::EVENT_TYPE_VIEW);
  add(batch, "b", "2", v1::EVENT_TYPE_PURCHASE, 90);
  REQUIRE(b.publish(batch).has_value());
  v1::PublishedCounts counts;
  counts.set_payments(7);
  caf::anon_send(b.front, actor::envelope{}, counts);
  auto rates = b.rates();
  CHECK(rates.window_seconds() == 60);
  CHECK(rates.views_per_second() == 0.017);
  CHECK(rates.purchases_per_second() == 1.5);
  CHECK(rates.payments_per_second() == 0.117);
  CHECK(rates.events_per_second() == 0.033);
  b.now += 60s;
  rates = b.rates();
  CHECK(rates.events_per_second() == 0);
}

TEST_CASE("published counts are added without ids; what is out of range is dropped and counted") {
  running_stats b(3);
  v1::PublishedCounts counts;
  const auto add_views = [&](const std::string& product, std::uint32_t count) {
    auto& v = *counts.add_views();
    v.set_product_id(product);
    v.set_count(count);
  };
  add_views("a", 4);
  add_views("b", 1'000'000);
  add_views("", 1);
  add_views(std::string(65, 'x'), 1);
  add_views("c", 0);
  add_views("d", 1'000'001);
  counts.set_payments(1'000'001);
  caf::anon_send(b.front, actor::envelope{}, counts);
  caf::anon_send(b.front, actor::envelope{}, counts);
  CHECK(items(b.top(v1::METRIC_VIEWS)) == std::vector<ranked>{{"b", 2'000'000}, {"a", 8}});
  CHECK(b.rates().payments_per_second() == 0);
  CHECK(b.registry.expose().find("troupe_stats_published_refused_total 10") != std::string::npos);

  counts.Clear();
  for (int i = 0; i < 1005; ++i) add_views("p" + std::to_string(i), 1);
  caf::anon_send(b.front, actor::envelope{}, counts);
  CHECK(items(b.top(v1::METRIC_VIEWS, v1::WINDOW_ALL, 100)).size() == 100);
  CHECK(b.registry.expose().find("troupe_stats_published_refused_total 15") != std::string::npos);
}

TEST_CASE("published counts are shed once their deadline has passed") {
  running_stats b(2);
  v1::PublishedCounts counts;
  counts.set_payments(60);
  actor::envelope late;
  late.deadline = base::clock::now() - 1ms;
  caf::anon_send(b.front, late, counts);
  CHECK(b.rates().payments_per_second() == 0);
  actor::envelope in_time;
  in_time.deadline = base::clock::now() + 1h;
  caf::anon_send(b.front, in_time, counts);
  CHECK(b.rates().payments_per_second() == 1);
}

TEST_CASE(
    "while a shard is down every request is unavailable, and a batch is counted once when it is sent again") {
  running_stats b(2);
  v1::PublishEventsRequest batch;
  for (int i = 0; i < 20; ++i) add(batch, "p" + std::to_string(i), "1", v1::EVENT_TYPE_VIEW);
  const auto slot = b.shards.slot();
  const auto second = slot->handles()[1];

  SECTION("and its place is known to be empty") {
    slot->set(1, nullptr);
    CHECK(b.publish(batch).error().code == base::errc::unavailable);
    CHECK(b.top(v1::METRIC_VIEWS).error().code == base::errc::unavailable);
    slot->set(1, second);
    CHECK(b.publish(batch)->accepted() == 20); // nothing had been counted
  }
  SECTION("and nobody has noticed yet") {
    caf::anon_send_exit(second, caf::exit_reason::kill);
    b.system.run();
    CHECK(b.publish(batch).error().code == base::errc::unavailable);
    CHECK(b.top(v1::METRIC_VIEWS).error().code == base::errc::unavailable);
    slot->set(1, slot->handles()[0]); // another that counts nothing of its own yet
    const auto again = b.publish(batch);
    REQUIRE(again.has_value());
    CHECK(again->accepted() + again->duplicates() == 20);
    CHECK(again->duplicates() > 0); // the first shard had counted its part
  }
}

TEST_CASE("a request whose deadline has passed is not begun") {
  running_stats b(2);
  v1::PublishEventsRequest batch;
  add(batch, "a", "1", v1::EVENT_TYPE_VIEW);
  actor::envelope late;
  late.deadline = base::clock::now() - 1ms;
  CHECK(b.publish(batch, late).error().code == base::errc::deadline_exceeded);
  CHECK(items(b.top(v1::METRIC_VIEWS)).empty());
}

TEST_CASE("C-93: at the bound of unsaved events a batch is refused, and every event of it is counted once in "
          "the end") {
  running_stats b(2, {.unsaved_ids = 100});
  b.script->fails = true;
  std::mt19937 random(7);
  std::vector<v1::PublishEventsRequest> batches(40);
  for (std::size_t n = 0; n < batches.size(); ++n) {
    for (int i = 0; i < 10; ++i) {
      add(batches[n], "p" + std::to_string(random() % 30), std::to_string(n) + "-" + std::to_string(i),
          v1::EVENT_TYPE_PURCHASE, 1);
    }
  }
  std::size_t refused = 0;
  for (const auto& batch : batches) refused += b.publish(batch).has_error() ? 1 : 0;
  CHECK(refused > 0);
  CHECK(refused < batches.size());
  b.script->fails = false;
  for (const auto& batch : batches) {
    b.system.pass(500ms);
    CHECK(b.publish(batch).has_value());
  }
  std::uint64_t sum = 0;
  for (const auto& item : items(b.top(v1::METRIC_PURCHASES))) sum += item.value;
  CHECK(sum == 400);
}
