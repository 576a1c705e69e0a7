#pragma once

#include "platform/base/result.hpp"
#include "services/retail/product_set.hpp"
#include "services/retail/row_report.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::retail {

/// Takes one product. `invalid_argument` refuses this product, whose row is then reported (of a CSV: whose code is skipped); any
/// other error ends the reading and is handed on.
using product_taker = std::function<base::result<void>(product&& one)>;

/// A stock code that is no product, and why.
struct skipped_code {
  std::string code;
  std::string reason; ///< "no description", "no price above 0", or which of check_product's bounds it breaks
};

/// What a file of products held.
struct product_counts {
  static constexpr std::size_t kept_limit = 1000;

  std::uint64_t rows = 0;                  ///< read, refused ones included
  std::uint64_t products = 0;              ///< handed to the taker
  std::uint64_t skipped = 0;               ///< stock codes without a description or a price
  std::vector<skipped_code> skipped_codes; ///< the first kept_limit of them
};

/// Reads products from a file, plain or .xz, and hands them to `take` one by one. What the file holds is seen
/// from its first byte that is not a space: `{` means JSON Lines, one product a line in the catalogue's shape
/// {"id","name","description","price":{"amount_minor","currency"},"stock"} (description and stock may be left
/// out), handed out in file order; anything else means the retail CSV, whose products are handed out after
/// its last row, in the order of their first line (product_set says by which rule). Rows that are refused go
/// into the report, and reading goes on. Memory: JSON Lines 1 MiB; CSV about 200 bytes a stock code, of at
/// most max_invoice_rows rows. Errors: as line_source::open and read_invoice_lines; what `take` returned.
[[nodiscard]] base::result<product_counts> read_products(const std::string& path, row_report& report,
                                                         const product_taker& take);

} // namespace troupe::retail
