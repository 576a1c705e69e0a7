#pragma once

#include "platform/actor/serve.hpp"
#include "platform/base/clock.hpp"
#include "platform/metrics/registry.hpp"
#include "services/payment/reader.hpp"
#include "services/payment/store.hpp"
#include "services/payment/store_contract.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace troupe::payment {

/// What is measured of the store actor; commits and operations give the size of a group.
struct store_metrics {
  explicit store_metrics(metrics::registry& registry);

  actor::service_metrics service;
  metrics::counter* commits;    ///< groups that are recorded
  metrics::counter* operations; ///< requests in them
  metrics::counter* failures;   ///< groups that are not
  metrics::histogram* duration; ///< of a group, from its begin to the end of its commit
};

/// The times that the store actor sees.
struct store_clocks {
  std::function<base::unix_micros()> wall = &base::wall_now;
  std::function<base::time_point()> monotonic = &base::clock::now;
};

/// The actor that owns the ledger's writer: spawn it detached, for it waits for the disk. Batches gather in a
/// group; a message that it sends itself comes behind those that are waiting already, and commits the group.
/// So under load a group is what has come during the commit before, and one request alone does not wait; with
/// `most_in_batch` requests it is committed at once. Replies leave after the commit. A group that fails is
/// answered `unavailable`, every request of it, and nothing of it is recorded.
[[nodiscard]] payment_store_actor::behavior_type store_actor(payment_store_actor::pointer self,
                                                             std::shared_ptr<ledger_store> ledger,
                                                             const store_metrics& metrics,
                                                             const store_clocks& clocks);

/// The actor that owns the ledger's reader: spawn it detached.
[[nodiscard]] payment_reader_actor::behavior_type reader_actor(payment_reader_actor::pointer self,
                                                               std::shared_ptr<ledger_reader> ledger,
                                                               const actor::service_metrics& metrics);

} // namespace troupe::payment
