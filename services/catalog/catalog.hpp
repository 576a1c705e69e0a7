#pragma once

#include "platform/actor/serve.hpp"
#include "platform/actor/service.hpp"
#include "platform/actor/stream.hpp"
#include "services/catalog/contract.hpp"
#include "services/catalog/store.hpp"
#include "services/stats/contract.hpp"

#include <chrono>
#include <cstddef>

namespace troupe::catalog {

/// What is measured of one replica beside `actor::service_metrics`.
struct replica_metrics {
  replica_metrics(metrics::registry& where, std::size_t number);

  actor::service_metrics service;
  metrics::counter* reads;        ///< products handed out, 304 included
  metrics::counter* not_modified; ///< of those, answered 304
  metrics::registry* registry;    ///< where the replica's exports are measured
  std::size_t replica;
};

/// A replica: all products in memory. It asks the store for a snapshot first and handles requests when it has
/// come; without a store it ends, to be started again. How often products were viewed it tells `stats` (may
/// be empty) about once a second.
replica_actor::behavior_type catalog(replica_actor::pointer self, const replica_metrics& metrics,
                                     const actor::service<store_actor>& store,
                                     const actor::service<stats::stats_actor>& stats);

} // namespace troupe::catalog
