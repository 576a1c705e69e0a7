#pragma once

#include "platform/server/endpoint.hpp"
#include "services/catalog/contract.hpp"

#include <memory>

namespace troupe::catalog {

/// GET /v1/products: one route that asks the replicas for all products, or the search for those that match.
[[nodiscard]] std::shared_ptr<server::endpoint> browse(actor::service<catalog_actor> replicas,
                                                       actor::service<catalog_search_actor> search);

} // namespace troupe::catalog
