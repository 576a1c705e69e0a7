#pragma once

#include "platform/actor/type_ids.hpp"
#include "services/catalog/messages.hpp"

#include "catalog/v1/catalog.pb.h"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

CAF_BEGIN_TYPE_ID_BLOCK(troupe_catalog, troupe::actor::type_ids::catalog)
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::GetProductRequest))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::PutProductRequest))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::SearchProductsRequest))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::SearchProductsReply))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::BatchGetProductsRequest))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::BatchPutProductsRequest))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::BatchPutProductsReply))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::v1::ExportProductsRequest))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::product_view))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::product_set))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::stored_product))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::catalog_snapshot))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::catalog_change))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::attach_replica))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::commit_writes))
CAF_ADD_TYPE_ID(troupe_catalog, (troupe::catalog::product_page))
CAF_END_TYPE_ID_BLOCK(troupe_catalog)

TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::GetProductRequest)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::PutProductRequest)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::SearchProductsRequest)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::SearchProductsReply)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::BatchGetProductsRequest)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::BatchPutProductsRequest)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::BatchPutProductsReply)
TROUPE_LOCAL_MESSAGE(troupe::catalog::v1::ExportProductsRequest)
TROUPE_LOCAL_MESSAGE(troupe::catalog::product_view)
TROUPE_LOCAL_MESSAGE(troupe::catalog::product_set)
TROUPE_LOCAL_MESSAGE(troupe::catalog::stored_product)
TROUPE_LOCAL_MESSAGE(troupe::catalog::catalog_snapshot)
TROUPE_LOCAL_MESSAGE(troupe::catalog::catalog_change)
TROUPE_LOCAL_MESSAGE(troupe::catalog::attach_replica)
TROUPE_LOCAL_MESSAGE(troupe::catalog::commit_writes)
TROUPE_LOCAL_MESSAGE(troupe::catalog::product_page)

namespace troupe::catalog {

/// Reads from memory; many replicas, service "catalog". Whoever has been answered by the store is answered
/// with his write.
using catalog_actor = caf::typed_actor<
    // One product. not_found when there is none with this id. Idempotent.
    caf::result<product_view>(actor::envelope, v1::GetProductRequest),
    // Many products; those that are not there are listed, not an error. Idempotent.
    caf::result<product_set>(actor::envelope, v1::BatchGetProductsRequest),
    // A page of all products. Pages neither overlap nor leave anything out. invalid_argument as `plan_search`, and
    // for a query. Idempotent.
    caf::result<product_page>(actor::envelope, v1::SearchProductsRequest),
    // Opens a stream of all products as JSON Lines, by id; see `product_export`. unavailable when too many are open.
    caf::result<actor::stream_opened>(actor::envelope, v1::ExportProductsRequest),
    caf::result<actor::stream_chunk>(actor::envelope, actor::next_chunk),
    caf::result<void>(actor::cancel_stream)>;

/// Writes; one actor a store, service "catalog-store". A reply comes after the commit, and after the replicas
/// have been told.
using catalog_store_actor = caf::typed_actor<
    // Creates or replaces one product. invalid_argument as `check_product`; precondition_failed when If-Match
    // or If-None-Match does not hold; unavailable when the catalogue is full or the disk fails. Idempotent
    // but for the version.
    caf::result<stored_product>(actor::envelope, v1::PutProductRequest),
    // Creates or replaces all products of the batch or none. invalid_argument as `check_batch`; unavailable
    // as above. Idempotent but for the versions.
    caf::result<v1::BatchPutProductsReply>(actor::envelope, v1::BatchPutProductsRequest)>;

/// Full-text search in the store; service "catalog-search".
using catalog_search_actor = caf::typed_actor<
    // A page of matches; without words there is none. Pages of a query neither overlap nor leave anything out while
    // nothing is written. invalid_argument as `plan_search`, and for more than ten words. Idempotent.
    caf::result<v1::SearchProductsReply>(actor::envelope, v1::SearchProductsRequest)>;

} // namespace troupe::catalog
