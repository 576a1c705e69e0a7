#include "services/retail/product_source.hpp"

#include "services/retail/invoice_file.hpp"
#include "services/retail/line_source.hpp"
#include "services/retail/product_line.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::retail {

namespace {

constexpr std::string_view spaces = " \t\r"; // RFC 8259 section 2; the line feed ends a line

bool is_blank(std::string_view text) { return text.find_first_not_of(spaces) == std::string_view::npos; }

// Passes over blank lines at the start, which both readers do anyway.
base::result<bool> begins_with_brace(line_source& source) {
  for (;;) {
    const auto line = source.peek();
    if (line.has_error()) return line.error();
    if (!*line) return false;
    const auto at = (*line)->text.find_first_not_of(spaces);
    if ((*line)->is_too_long || at != std::string_view::npos)
      return !(*line)->is_too_long && (*line)->text[at] == '{';
    if (const auto passed = source.next(); passed.has_error()) return passed.error();
  }
}

base::result<product_counts> read_json_lines(line_source& source, row_report& report,
                                             const product_taker& take) {
  product_counts counts;
  for (;;) {
    const auto line = source.next();
    if (line.has_error()) return line.error();
    if (!*line) return counts;
    const auto& [number, text, is_too_long] = **line;
    if (!is_too_long && is_blank(text)) continue;
    ++counts.rows;
    product one;
    auto problem =
        is_too_long
            ? std::optional(row_problem{
                  0, {}, "a line of at most " + std::to_string(line_source::max_line_bytes) + " bytes", {}})
            : parse_product_line(text, one);
    if (problem) {
      problem->line = number;
      report.add(std::move(*problem));
      continue;
    }
    if (auto taken = take(std::move(one)); !taken.has_error()) {
      ++counts.products;
    } else if (taken.error().code == base::errc::invalid_argument) {
      report.add({number, {}, std::move(taken).error().detail, std::string(text)});
    } else {
      return taken.error();
    }
  }
}

// Empty: it is one.
std::string why_no_product(const stock_code_facts& facts) {
  if (facts.name.empty()) return "no description";
  if (facts.price_millionths == 0) return "no price above 0";
  const auto problem = check_product(to_product(facts));
  return problem ? problem->column + ": expected " + problem->expected : std::string();
}

base::result<product_counts> read_retail_csv(line_source& source, row_report& report,
                                             const product_taker& take) {
  product_set gathered;
  const auto rows = read_invoice_lines(source, report, [&](const invoice_line& line, std::uint64_t) {
    gathered.add(line);
    return std::optional<row_problem>();
  });
  if (rows.has_error()) return rows.error();

  product_counts counts;
  counts.rows = *rows;
  for (const auto& facts : gathered.codes()) {
    auto reason = why_no_product(facts);
    if (reason.empty()) {
      auto taken = take(to_product(facts));
      if (!taken.has_error()) {
        ++counts.products;
        continue;
      }
      if (taken.error().code != base::errc::invalid_argument) return taken.error();
      reason = std::move(taken).error().detail;
    }
    ++counts.skipped;
    if (counts.skipped_codes.size() < product_counts::kept_limit)
      counts.skipped_codes.push_back({facts.code, std::move(reason)});
  }
  return counts;
}

} // namespace

base::result<product_counts> read_products(const std::string& path, row_report& report,
                                           const product_taker& take) {
  auto source = line_source::open(path);
  if (source.has_error()) return source.error();
  const auto is_json = begins_with_brace(*source);
  if (is_json.has_error()) return is_json.error();
  return *is_json ? read_json_lines(*source, report, take) : read_retail_csv(*source, report, take);
}

} // namespace troupe::retail
