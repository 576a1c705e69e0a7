#pragma once

#include <string_view>

namespace troupe::catalog {

enum class tag_comparison {
  weak,   ///< for If-None-Match: W/"a" equals "a"
  strong, ///< for If-Match: a weak tag equals nothing
};

/// Whether the value of an If-Match or If-None-Match field names this strong entity tag (with its quotes):
/// "*" names every one. A list that is malformed names what stands before the fault. Cost: O(list), no
/// allocation. Source: RFC 9110 sections 8.8.3, 13.1.1 and 13.1.2.
[[nodiscard]] bool names_tag(std::string_view list, std::string_view tag, tag_comparison how) noexcept;

} // namespace troupe::catalog
