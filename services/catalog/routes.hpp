#pragma once

#include "platform/server/routes.hpp"
#include "services/catalog/contract.hpp"

namespace troupe::catalog {

/// The three services behind the routes.
struct catalog_services {
  actor::service<catalog_actor> replicas;
  actor::service<catalog_store_actor> store;
  actor::service<catalog_search_actor> search;
};

/// - GET /v1/products/{id}: 200, the product with its ETag; 304 when If-None-Match names that; 404.
/// - PUT /v1/products/{id}: 200 replaced, or 201 created with its Location; the product with its ETag. 412
/// when
///   If-Match or If-None-Match does not hold.
/// - GET /v1/products?q=&page_size=&page_token=: 200, {"items":[...],"next_page_token":"..."}; the token is
/// ""
///   on the last page. Without q, or when it is blank: all products by id. page_size: 1..100, 20 when left
///   out.
/// - GET /v1/products:export: 200, all products by id as JSON Lines, streamed; see `product_export`.
/// - POST /v1/products:batch with {"ids":[...]} (1..100): 200, {"products":[...],"missing":[...]}.
/// - POST /v1/products:batch with {"products":[...]} (1..500): 200, {"created":n,"updated":m}; all are
/// written
///   or none.
///
/// A body has to come as application/json: else 415.
void add_routes(server::routes& routes, const catalog_services& services);

} // namespace troupe::catalog
