#pragma once

#include "platform/base/result.hpp"
#include "services/retail/csv.hpp"
#include "services/retail/row_report.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::retail {

/// The columns of the retail data, in their order. Source: UCI "Online Retail".
inline constexpr std::array<std::string_view, 8> invoice_columns{
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"};

/// What the data writes for a missing value, in Description and CustomerID (it was saved by R).
inline constexpr std::string_view missing_value = "NA";

/// Longest StockCode and CustomerID that is taken.
inline constexpr std::size_t max_id_bytes = 64;

/// Longest InvoiceNo that is taken: an event id, which may have 64 bytes, is InvoiceNo-LINE.
inline constexpr std::size_t max_invoice_no_bytes = 50;

/// One line of an invoice. Views point into the record it was read from.
struct invoice_line {
  std::string_view invoice_no;       ///< 1..50 visible ASCII characters
  std::string_view stock_code;       ///< 1..64 bytes of UTF-8 without control characters
  std::string_view description;      ///< UTF-8; empty when the file has none
  std::int32_t quantity = 0;         ///< negative for what came back or was written off
  std::int64_t price_millionths = 0; ///< UnitPrice in millionths of a pound; may be 0 or negative
  std::string_view customer_id;      ///< 0..64 visible ASCII characters; empty when unknown
};

/// Whether the first record names the columns. Errors: invalid_argument, with the column and what stood
/// there.
[[nodiscard]] base::result<void> check_header(const csv_record& record);

/// Reads a record into `out`; what was expected, if it is not an invoice line. Nothing is guessed, trimmed or
/// repaired.
[[nodiscard]] std::optional<row_problem> parse_invoice_line(const csv_record& record, invoice_line& out);

} // namespace troupe::retail
