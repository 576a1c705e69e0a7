#pragma once

#include "platform/server/endpoint.hpp"
#include "services/catalog/contract.hpp"

#include <memory>

namespace troupe::catalog {

/// POST /v1/products:batch: one route that asks the replicas or the store, as the body says.
[[nodiscard]] std::shared_ptr<server::endpoint> batch(actor::service<catalog_actor> replicas,
                                                      actor::service<catalog_store_actor> store);

} // namespace troupe::catalog
