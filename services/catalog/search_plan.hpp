#pragma once

#include "platform/base/result.hpp"

#include "catalog/v1/catalog.pb.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::catalog {

struct search_limits {
  static constexpr std::size_t query_bytes = 200;
  static constexpr std::size_t terms = 10;
  static constexpr std::int32_t default_page_size = 20;
  static constexpr std::int32_t page_size = 100;
};

/// What a search asks of the store: checked, and safe to be given to it.
struct search_plan {
  enum class sort {
    listing,  ///< all products by id
    matching, ///< those that match `expression`, the best first
    nothing,  ///< the query holds no letter or digit, so nothing can match
  };
  sort kind = sort::listing;
  std::string query;       ///< as it was asked, without blanks around it; what page tokens belong to
  std::string expression;  ///< of FTS5, made of quoted terms only
  std::string after_id;    ///< listing: begin after this id
  std::int64_t offset = 0; ///< matching: begin after so many
  std::int32_t page_size = search_limits::default_page_size;
};

/// Reads a request. The query is cut into terms at everything but letters and digits, as the index cuts its
/// texts; all must occur, and the last may be the beginning of a word. No character has a meaning of its own.
/// Errors: invalid_argument: a query over 200 bytes or 10 terms, or that is not UTF-8; a page size
/// outside 1..100; a page token that was not given for this query.
[[nodiscard]] base::result<search_plan> plan_search(const v1::SearchProductsRequest& request);

} // namespace troupe::catalog
