#include "services/retail/invoice_file.hpp"

#include "services/retail/csv.hpp"

#include <string>
#include <utility>

namespace troupe::retail {

namespace {

base::result<void> read_header(line_source& source, csv_reader& csv, csv_record& record) {
  const auto got = csv.read(record);
  if (got.has_error()) return got.error();
  if (!*got) {
    return base::fail(base::errc::invalid_argument,
                      source.path() +
                          ": is empty; expected a header that begins with InvoiceNo,StockCode,Description");
  }
  if (const auto checked = check_header(record); checked.has_error())
    return base::fail(checked.error().code, source.path() + ": " + checked.error().detail);
  return {};
}

} // namespace

base::result<std::uint64_t> read_invoice_lines(line_source& source, row_report& report,
                                               const line_taker& take, const refused_taker& refused,
                                               std::uint64_t row_limit) {
  csv_reader csv(source);
  csv_record record;
  if (auto header = read_header(source, csv, record); header.has_error()) return header.error();

  for (std::uint64_t rows = 0;; ++rows) {
    const auto got = csv.read(record);
    if (got.has_error()) return got.error();
    if (!*got) return rows;
    if (rows == row_limit) {
      return base::fail(base::errc::resource_exhausted,
                        source.path() + ": line " + std::to_string(record.line) + ": more than " +
                            std::to_string(row_limit) + " rows; split the file by whole invoices");
    }
    invoice_line line;
    auto problem = parse_invoice_line(record, line);
    if (problem && refused && !record.fields.empty() && !record.fields.front().empty())
      refused(record.fields.front());
    if (!problem) problem = take(line, record.line);
    if (problem) report.add(std::move(*problem));
  }
}

} // namespace troupe::retail
