#pragma once

#include "platform/actor/serve.hpp"
#include "platform/actor/service.hpp"
#include "platform/base/clock.hpp"
#include "platform/metrics/registry.hpp"
#include "services/stats/messages.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace troupe::stats {

struct shard_options {
  std::size_t shard = 0; ///< counts from 0
  shard_limits limits;
  base::hash_secret secret; ///< as in `seen_events`
  /// A crash loses what came within this time and the time that a save takes: together they are to stay below
  /// 1 s.
  std::chrono::milliseconds save_every{500};
  std::function<base::time_point()> now = &base::clock::now;
};

/// What is measured of a shard. Cells of the process's registry; a restarted shard goes on with the same
/// ones.
struct shard_metrics {
  shard_metrics(metrics::registry& registry, std::size_t shard);

  actor::service_metrics service;
  std::array<metrics::counter*, metric_count> counted{};   ///< events by metric
  std::array<metrics::counter*, metric_count> duplicate{}; ///< events by metric
  std::array<metrics::counter*, metric_count> refused{};   ///< events by metric
  metrics::counter* untracked;                             ///< events
  metrics::counter* published_views;
  metrics::counter* published_payments;
  metrics::counter* save_failures;
  metrics::histogram* save_time;
  metrics::gauge* products;
  metrics::gauge* seen;
  metrics::gauge* unsaved;
};

/// A shard. Twice a second it gives what it has counted to the store; when the store fails it keeps that,
/// tries again, and refuses events once `shard_limits::unsaved_ids` are unsaved. `from`: what it starts with,
/// or null: then it asks the store for what was saved, and is unavailable until it has it.
shard_actor::behavior_type shard(shard_actor::pointer self, const shard_options& options,
                                 const shard_metrics& metrics, const actor::service<store_actor>& store,
                                 std::shared_ptr<const snapshot> from);

} // namespace troupe::stats
