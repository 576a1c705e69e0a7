#pragma once

#include "services/retail/product_set.hpp"
#include "services/retail/row_report.hpp"

#include <optional>
#include <string_view>

namespace troupe::retail {

/// Reads one line of a JSON Lines file of products into `out`; what was expected, if it is not one.
/// `problem.line` is left to the caller. id, name and price are required; keys that a product does not have
/// are refused with their name. Bounds: as check_product.
[[nodiscard]] std::optional<row_problem> parse_product_line(std::string_view text, product& out);

} // namespace troupe::retail
