#include "services/stats/service.hpp"

#include "platform/actor/ask_all.hpp"
#include "services/stats/routes.hpp"
#include "services/stats/shard.hpp"
#include "services/stats/stats.hpp"
#include "services/stats/store_actor.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace troupe::stats {

namespace {

constexpr std::size_t most_ids = 2'000'000; // events remembered, all shards together
constexpr std::chrono::seconds longest_flush{5};

// A request holds at most 1,000 events: so many at once hold about 130 MB.
constexpr std::int64_t most_in_flight = 512;

struct opened_store {
  std::shared_ptr<std::optional<stats_store>> store;
  std::vector<std::shared_ptr<const snapshot>> saved; // by shard
};

opened_store open_store(const store_options& options) {
  const auto fail = [](const base::error& e) -> opened_store {
    throw std::runtime_error("stats: " + e.detail);
  };
  auto opened = stats_store::open(options.file, options.most_ids);
  if (opened.has_error()) return fail(opened.error());
  auto all = opened->load_all(options.shards, options.most_keys);
  if (all.has_error()) return fail(all.error());
  opened_store out;
  for (auto& one : *all) out.saved.push_back(std::make_shared<const snapshot>(std::move(one)));
  out.store = std::make_shared<std::optional<stats_store>>(std::move(*opened));
  return out;
}

} // namespace

void register_types() {
  caf::init_global_meta_objects<caf::id_block::troupe_stats>();
  caf::init_global_meta_objects<caf::id_block::troupe_stats_own>();
}

void start(app::tier& tier) {
  shard_options options;
  const auto shards = std::clamp<std::size_t>(tier.cores(), 1, slot_count);
  // Not fewer than it may have unsaved: a batch that was refused is sent again.
  options.limits.seen_ids = std::max(most_ids / shards, options.limits.unsaved_ids);
  options.secret = base::process_secret();
  const store_options storing{tier.data_dir() / "stats.sqlite", most_ids, shards, options.limits.keys};

  // What was saved is read here, before anything runs: the service is whole when it is up, and a bad file
  // ends the start.
  auto [opened, saved] = open_store(storing);
  const auto store = tier.supervise<store_actor>(
      "stats-store", {.replicas = 1}, [&tier, storing, opened](std::size_t) mutable {
        auto first = std::exchange(opened, nullptr);
        if (!first) first = std::make_shared<std::optional<stats_store>>();
        return tier.system().spawn<caf::detached>(storage, storing, std::move(first));
      });

  // Only the first start of a shard takes it; a restarted one asks the store for what has been saved since.
  const auto counters = tier.supervise<shard_actor>(
      "stats-shards", {.replicas = shards}, [&tier, options, store, saved](std::size_t number) mutable {
        auto mine = options;
        mine.shard = number;
        return tier.system().spawn(shard, mine, shard_metrics(tier.metrics(), number), store,
                                   std::exchange(saved[number], nullptr));
      });

  const auto service = tier.supervise<stats_actor>(
      "stats", {.replicas = tier.connection_actors(), .most_in_flight = most_in_flight},
      [&tier, counters](std::size_t replica) {
        return tier.system().spawn(stats, stats_metrics(tier.metrics(), replica), counters);
      });

  add_routes(tier.routes(), service);
  tier.offer("stats", "/v1/stats/top?metric=purchases&window=all&limit=10", "the best-selling products");
  tier.offer("stats", "/v1/stats/rates", "views, purchases and payments per second");
  tier.before_stop([&system = tier.system(), service, counters] {
    // What the other services have published lies before this in the mailboxes: once it is answered, the shards have all.
    actor::ask_all(system, service, longest_flush, actor::envelope{}, v1::PublishedCounts{});
    actor::ask_all(system, counters, longest_flush, flush{});
  });
}

} // namespace troupe::stats
