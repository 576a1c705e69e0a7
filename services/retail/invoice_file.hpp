#pragma once

#include "platform/base/result.hpp"
#include "services/retail/invoice_line.hpp"
#include "services/retail/line_source.hpp"
#include "services/retail/row_report.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace troupe::retail {

/// Called with every invoice line and the line of the file it began on; may refuse it. Views last for the
/// call.
using line_taker =
    std::function<std::optional<row_problem>(const invoice_line& line, std::uint64_t file_line)>;

/// Called with the InvoiceNo of a row that was refused, when the row is whole enough to have one.
using refused_taker = std::function<void(std::string_view invoice_no)>;

/// Most rows a file may have: what is gathered from them is held in memory (at most about 3 GB for ten
/// million invoices of one line; 60 MB for the 209,029 rows of the sample).
inline constexpr std::uint64_t max_invoice_rows = 10'000'000;

/// Reads the invoice lines of a CSV file, header first. A row that is not an invoice line, or that the taker
/// refuses, goes into the report, and reading goes on. Returns the number of rows, refused ones included, the
/// header not. Errors: as line_source::next; invalid_argument (no header, or another one); resource_exhausted
/// (more than `row_limit` rows). Cost: O(bytes), about 2 us a row.
[[nodiscard]] base::result<std::uint64_t> read_invoice_lines(line_source& source, row_report& report,
                                                             const line_taker& take,
                                                             const refused_taker& refused = nullptr,
                                                             std::uint64_t row_limit = max_invoice_rows);

} // namespace troupe::retail
