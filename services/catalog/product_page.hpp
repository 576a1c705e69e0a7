#pragma once

#include "platform/base/bytes.hpp"
#include "services/catalog/product_index.hpp"
#include "services/catalog/search_plan.hpp"

namespace troupe::catalog {

/// A page of all products as JSON, by id: {"items":[...],"next_page_token":"..."}, as a `v1::SearchProductsReply`
/// is encoded. `plan`: its query is empty. A product that is there while all pages are read is on one of them.
/// Cost: the copy of the products' own JSON, and O(log products).
[[nodiscard]] base::shared_bytes page_of(const product_index& products, const search_plan& plan);

} // namespace troupe::catalog
