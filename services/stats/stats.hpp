#pragma once

#include "platform/actor/serve.hpp"
#include "platform/actor/service.hpp"
#include "platform/metrics/registry.hpp"
#include "services/stats/contract.hpp"
#include "services/stats/messages.hpp"

#include <cstddef>

namespace troupe::stats {

struct stats_metrics {
  /// `replica` counts from 0.
  stats_metrics(metrics::registry& registry, std::size_t replica);

  actor::service_metrics service;
  metrics::counter* refused_counts; ///< elements of published counts that were dropped
};

/// The stats actor: checks requests, divides them among the shards and puts their answers together. It counts
/// nothing itself, so any number of replicas may stand before the same shards.
stats_actor::behavior_type stats(stats_actor::pointer self, const stats_metrics& metrics,
                                 const actor::service<shard_actor>& shards);

} // namespace troupe::stats
