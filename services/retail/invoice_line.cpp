#include "services/retail/invoice_line.hpp"

#include "platform/base/escape.hpp"
#include "services/retail/decimal.hpp"
#include "services/retail/text.hpp"

#include <charconv>
#include <string>
#include <system_error>

namespace troupe::retail {

namespace {

enum column : std::size_t {
  invoice_no,
  stock_code,
  description,
  quantity,
  invoice_date,
  unit_price,
  customer_id
};

std::string count_of_fields(std::size_t n) { return std::to_string(n) + (n == 1 ? " field" : " fields"); }

std::string_view unless_missing(std::string_view text) {
  return text == missing_value ? std::string_view{} : text;
}

bool parse_whole(std::string_view text, std::int32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

base::result<void> check_header(const csv_record& record) {
  const auto refuse = [&](const std::string& what) {
    return base::fail(base::errc::invalid_argument, "line " + std::to_string(record.line) + ": " + what);
  };
  if (!record.is_well_formed()) return refuse("header: expected " + record.problem);
  for (std::size_t i = 0; i < invoice_columns.size(); ++i) {
    const auto wanted =
        "header: column " + std::to_string(i + 1) + " must be " + std::string(invoice_columns[i]);
    if (i >= record.fields.size()) return refuse(wanted + ", but the row ends before it");
    if (record.fields[i] != invoice_columns[i]) return refuse(wanted + ", found " + quoted(record.fields[i]));
  }
  if (record.fields.size() > invoice_columns.size())
    return refuse("header: expected " + count_of_fields(invoice_columns.size()) + ", found " +
                  std::to_string(record.fields.size()));
  return {};
}

std::optional<row_problem> parse_invoice_line(const csv_record& record, invoice_line& out) {
  const auto& fields = record.fields;
  const auto refuse = [&](std::size_t at, std::string expected) {
    const auto name = at < invoice_columns.size() ? std::string(invoice_columns[at]) : std::string();
    return row_problem{record.line, name, std::move(expected),
                       at < fields.size() ? fields[at] : std::string()};
  };
  if (!record.is_well_formed()) return refuse(fields.size(), record.problem);
  if (fields.size() != invoice_columns.size())
    return row_problem{
        record.line, {}, count_of_fields(invoice_columns.size()), count_of_fields(fields.size())};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!base::is_utf8(fields[i])) return refuse(i, "text in UTF-8");
  }

  const auto has_size = [&](std::size_t at, std::size_t most) {
    return !fields[at].empty() && fields[at].size() <= most;
  };
  if (!has_size(invoice_no, max_invoice_no_bytes) || !is_visible_ascii(fields[invoice_no]))
    return refuse(invoice_no, "1 to " + std::to_string(max_invoice_no_bytes) + " visible ASCII characters");
  if (!has_size(stock_code, max_id_bytes) || has_control(fields[stock_code]))
    return refuse(stock_code, "1 to " + std::to_string(max_id_bytes) + " bytes without control characters");
  if (has_control(fields[description])) return refuse(description, "text without control characters");
  if (!parse_whole(fields[quantity], out.quantity))
    return refuse(quantity, "a whole number from -2147483648 to 2147483647");
  const auto price = parse_millionths(fields[unit_price]);
  if (!price) return refuse(unit_price, "a decimal number with at most 12 digits and 6 decimals, as in 2.55");
  if (fields[customer_id].size() > max_id_bytes || !is_visible_ascii(fields[customer_id]))
    return refuse(customer_id, "at most " + std::to_string(max_id_bytes) + " visible ASCII characters");

  out.invoice_no = fields[invoice_no];
  out.stock_code = fields[stock_code];
  out.description = unless_missing(fields[description]);
  out.price_millionths = *price;
  out.customer_id = unless_missing(fields[customer_id]);
  return std::nullopt;
}

} // namespace troupe::retail
