#pragma once

#include "platform/actor/serve.hpp"
#include "services/catalog/contract.hpp"
#include "services/catalog/product_store.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace troupe::catalog {

/// A replica as the store sees it.
using replica_actor =
    catalog_actor::extend<caf::result<void>(catalog_snapshot), caf::result<void>(catalog_change),
                          caf::result<void>(actor::tick)>;

/// The store as the replicas see it.
using store_actor = catalog_store_actor::extend<
    // All products now; every change after them is sent to the replica that has asked.
    caf::result<catalog_snapshot>(attach_replica), caf::result<void>(commit_writes),
    caf::result<void>(actor::tick)>;

/// What is measured of the store beside `actor::service_metrics`.
struct store_metrics {
  explicit store_metrics(metrics::registry& registry);

  actor::service_metrics service;
  metrics::gauge* products;
  metrics::counter* created;
  metrics::counter* updated;
  metrics::counter* commits; ///< fewer than writes: those that wait are committed together
};

/// The replicas that are told of changes. It outlives the store actor, so that one that is started again
/// knows them. Used by one store actor at a time.
using replica_list = std::vector<replica_actor>;

/// The store actor; spawn it detached, it blocks. `open` is called once, on its thread; on an error the actor
/// ends, to be started again. It looks about once a second for what other processes have written (`troupe
/// import`).
store_actor::behavior_type store(store_actor::pointer self, const store_metrics& metrics,
                                 const std::function<base::result<product_store>()>& open,
                                 const std::shared_ptr<replica_list>& replicas);

} // namespace troupe::catalog
