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
  static constexpr std::size_t words = 10;
  static constexpr std::size_t prefix_characters = 20; ///< of a last word that may be the beginning of one
  static constexpr std::size_t name_beginnings = 40;   ///< of the words of a name that are found so, the first ones
  static constexpr std::size_t id_beginnings = 20;     ///< and of an id
  static constexpr std::size_t opening_characters = 2000; ///< of a description, in which words are found
  static constexpr std::int64_t ranked = 1000;         ///< matches that are ranked among each other
  static constexpr std::int32_t default_page_size = 20;
  static constexpr std::int32_t page_size = 100;
};

/// What a search asks of the store: checked, but for the number of words, which the store's index counts.
struct search_plan {
  std::string query;    ///< as it was asked, without blanks around it; what page tokens belong to. Empty: all products by id
  std::string after_id; ///< all products: begin after this id
  std::int64_t after_number = 0; ///< matches: rank those stored after this one
  std::int64_t offset = 0;       ///< and begin after so many of them
  std::int32_t page_size = search_limits::default_page_size;
};

/// Reads a request. Errors: invalid_argument: a query over 200 bytes, or that is not UTF-8; a page size outside
/// 1..100; a page token that was not given for this query.
[[nodiscard]] base::result<search_plan> plan_search(const v1::SearchProductsRequest& request);

/// The position of a page of matches, for its token.
[[nodiscard]] std::string matches_position(std::int64_t after_number, std::int64_t offset);

} // namespace troupe::catalog
