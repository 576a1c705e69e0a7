#include "platform/actor/supervisor.hpp"
#include "services/stats/shard.hpp"
#include "services/stats/store_actor.hpp"
#include "tests/platform/store/scratch_directory.hpp"
#include "tests/services/stats/deterministic_system.hpp"
#include "tests/services/stats/fake_store.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;
using namespace stats;
using stats::test::deterministic_system;
using stats::test::fake_store;
using stats::test::fake_store_script;

namespace {

event make(const std::string& product, const std::string& id, std::uint32_t quantity = 1) {
  return {event_hasher()(product, id), product, metric::views, quantity};
}

// A shard before a fake store; its time stands still unless the test moves it.
struct bench {
  explicit bench(const shard_limits& limits = {}, bool is_fresh = true) {
    stores = system.service_of(std::vector{system.system().spawn(fake_store, script)});
    shard_options options;
    options.limits = limits;
    options.now = [this] { return now; };
    const auto from = is_fresh ? std::make_shared<const snapshot>() : nullptr;
    shard =
        system.adopt(system.system().spawn(stats::shard, options, shard_metrics(registry, 0), stores, from));
    system.run();
  }
  // A promise answers when it goes, so it must not outlive the actor system.
  ~bench() { script->waiting.clear(); }

  base::result<outcome> count(const std::vector<event>& events, const actor::envelope& e = {}) {
    return system.ask<outcome>(shard, e, shard_events{events});
  }
  std::vector<ranked> views(window over = window::all) {
    auto part = system.ask<top_part>(shard, actor::envelope{}, top_query{metric::views, over});
    REQUIRE(part.has_value());
    return *part->items;
  }

  // Lets the store answer what it has kept waiting.
  void answer_saves() {
    script->waits = false;
    REQUIRE(system.ask<loaded>(stores.handles().front(), load_query{}).has_value());
  }

  metrics::registry registry;
  base::time_point now{std::chrono::minutes(1000)};
  std::shared_ptr<fake_store_script> script = std::make_shared<fake_store_script>();
  deterministic_system system;
  actor::service<store_actor> stores;
  shard_actor shard;
};

} // namespace

TEST_CASE("a shard saves what it has counted within half a second, and nothing when nothing has changed") {
  bench b;
  REQUIRE(b.count({make("a", "1", 4)}).has_value());
  b.system.pass(500ms);
  REQUIRE(b.script->saves.size() == 1);
  CHECK(b.script->saves[0]->ids.size() == 1);
  CHECK(b.script->saves[0]->totals == std::vector<product_total>{{"a", {4, 0}}});
  b.system.pass(5s);
  CHECK(b.script->saves.size() == 1);
}

TEST_CASE("while a save runs no other one begins, and what is counted meanwhile goes into the next") {
  bench b;
  b.script->waits = true;
  REQUIRE(b.count({make("a", "1")}).has_value());
  b.system.pass(500ms);
  REQUIRE(b.count({make("a", "2")}).has_value());
  b.system.pass(2s);
  CHECK(b.script->saves.size() == 1);
  b.answer_saves();
  b.system.pass(500ms);
  REQUIRE(b.script->saves.size() == 2);
  CHECK(b.script->saves[1]->ids.size() == 1);
  CHECK(b.script->saves[1]->totals == std::vector<product_total>{{"a", {2, 0}}});
}

TEST_CASE("a save that is not answered within 30 s is tried again") {
  bench b;
  b.script->waits = true;
  REQUIRE(b.count({make("a", "1")}).has_value());
  b.system.pass(30s);
  CHECK(b.script->saves.size() == 1);
  b.system.pass(1500ms);
  REQUIRE(b.script->saves.size() == 2);
  CHECK(b.script->saves[1]->ids.size() == 1);
}

TEST_CASE("when the store fails the shard counts on, refuses events at its bound, and saves everything when "
          "the store is back") {
  bench b({.unsaved_ids = 2});
  b.script->fails = true;
  REQUIRE(b.count({make("a", "1")}).has_value());
  b.system.pass(1s);
  REQUIRE(b.count({make("a", "2")}).has_value());
  b.system.pass(1s);
  const auto refused = b.count({make("a", "3")});
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::unavailable);
  CHECK(b.views() == std::vector<ranked>{{"a", 2}});

  b.script->fails = false;
  b.system.pass(500ms);
  CHECK(b.script->saves.back()->ids.size() == 2);
  CHECK(b.count({make("a", "3")})->accepted[0] == 1);
  const auto text = b.registry.expose();
  CHECK(text.find("troupe_stats_events_total{type=\"view\",outcome=\"refused\"} 1") != std::string::npos);
  CHECK(text.find("troupe_stats_save_failures_total 4") != std::string::npos);
}

TEST_CASE("a flush answers when everything counted before it is saved") {
  bench b;
  CHECK(b.system.ask<void>(b.shard, flush{}).has_value());
  CHECK(b.script->saves.empty());
  REQUIRE(b.count({make("a", "1")}).has_value());
  CHECK(b.system.ask<void>(b.shard, flush{}).has_value());
  CHECK(b.script->saves.size() == 1);
}

TEST_CASE("a flush during a save waits for that save and for what came since") {
  bench b;
  b.script->waits = true;
  REQUIRE(b.count({make("a", "1")}).has_value());
  b.system.pass(500ms);
  REQUIRE(b.count({make("a", "2")}).has_value());
  caf::scoped_actor self(b.system.system());
  bool is_flushed = false;
  auto pending = self->request(b.shard, caf::infinite, flush{});
  b.system.run();
  b.answer_saves();
  pending.receive([&] { is_flushed = true; }, [](const caf::error&) {});
  CHECK(is_flushed);
  REQUIRE(b.script->saves.size() == 2);
  CHECK(b.script->saves[1]->ids.size() == 1);
}

TEST_CASE("a flush fails with what the store said") {
  bench b;
  b.script->fails = true;
  REQUIRE(b.count({make("a", "1")}).has_value());
  const auto done = b.system.ask<void>(b.shard, flush{});
  REQUIRE(done.has_error());
  CHECK(done.error() == base::fail(base::errc::unavailable, "the store has no space left"));
}

TEST_CASE("a shard that starts again is unavailable until it has what was saved, and tries until the store "
          "gives it") {
  bench b({}, false);
  CHECK(b.count({make("a", "1")}).has_value()); // loaded at once

  auto script = std::make_shared<fake_store_script>();
  script->fails = true;
  script->stored.totals = {{"a", {41, 0}}};
  script->stored.ids = {make("a", "1").key};
  const auto stores = b.system.service_of(std::vector{b.system.system().spawn(fake_store, script)});
  const auto shard = b.system.adopt(
      b.system.system().spawn(stats::shard, shard_options{}, shard_metrics(b.registry, 1), stores, nullptr));
  b.system.run();
  const auto query = [&] {
    return b.system.ask<top_part>(shard, actor::envelope{}, top_query{metric::views, window::all});
  };
  const auto count = [&](const char* id) {
    return b.system.ask<outcome>(shard, actor::envelope{}, shard_events{{make("a", id)}});
  };
  CHECK(query().error().code == base::errc::unavailable);
  CHECK(count("1").error().code == base::errc::unavailable);
  CHECK(b.system.ask<rate_sums>(shard, actor::envelope{}, rates_query{}).has_error());
  CHECK(b.system.ask<void>(shard, flush{}).has_value()); // nothing to save
  script->fails = false;
  b.system.pass(500ms);
  CHECK(count("1")->duplicates[0] == 1);
  CHECK(count("2")->accepted[0] == 1);
  CHECK(*query()->items == std::vector<ranked>{{"a", 42}});
}

TEST_CASE("events and published counts whose deadline has passed are not counted") {
  bench b;
  actor::envelope late;
  late.deadline = base::clock::now() - 1ms;
  const auto done = b.count({make("a", "1")}, late);
  REQUIRE(done.has_error());
  CHECK(done.error().code == base::errc::deadline_exceeded);
  caf::anon_send(b.shard, late, shard_counts{{{"a", 5}}, 1});
  b.system.run();
  CHECK(b.views().empty());
  CHECK(b.count({make("a", "1")})->accepted[0] == 1);
}

TEST_CASE("a shard asks its clock for the windows") {
  bench b;
  REQUIRE(b.count({make("a", "1", 3)}).has_value());
  b.now += 59s;
  CHECK(b.views(window::minute) == std::vector<ranked>{{"a", 3}});
  b.now += 1s;
  CHECK(b.views(window::minute).empty());
  CHECK(b.views(window::hour) == std::vector<ranked>{{"a", 3}});
}

TEST_CASE("C-145: a shard that crashes loses what was not saved of ids and totals alike, and counts it when "
          "it is sent again") {
  const store::test::scratch_directory dir;
  metrics::registry registry;
  deterministic_system system;
  const store_options storing{.file = dir.file("stats.sqlite")};
  const auto stores = system.service_of(
      std::vector{system.system().spawn(storage, storing, std::make_shared<std::optional<stats_store>>())});
  auto slot = std::make_shared<actor::service_slot>("shards", 0, 1, 1000);
  const auto supervisor = system.adopt(actor::supervise(system.system(), slot, [&](std::size_t) {
    return caf::actor_cast<caf::strong_actor_ptr>(
        system.system().spawn(stats::shard, shard_options{}, shard_metrics(registry, 0), stores, nullptr));
  }));
  const actor::service<shard_actor> shards(slot);
  const auto count = [&](const std::vector<event>& events) {
    const auto done = system.ask<outcome>(shards.handles().front(), actor::envelope{}, shard_events{events});
    REQUIRE(done.has_value());
    return *done;
  };
  system.run();

  CHECK(count({make("a", "1", 2), make("a", "2", 3)}).accepted[0] == 2);
  system.pass(500ms);
  CHECK(count({make("a", "3", 10)}).accepted[0] == 1);
  caf::anon_send_exit(slot->handles().front(), caf::exit_reason::out_of_workers);
  system.run();
  CHECK(slot->up() == 0);
  system.pass(1s);
  REQUIRE(slot->up() == 1);

  const auto again = count({make("a", "1", 2), make("a", "2", 3), make("a", "3", 10)});
  CHECK(again.duplicates[0] == 2);
  CHECK(again.accepted[0] == 1);
  const auto part = system.ask<top_part>(shards.handles().front(), actor::envelope{},
                                         top_query{metric::views, window::all});
  CHECK(*part->items == std::vector<ranked>{{"a", 15}});
}
