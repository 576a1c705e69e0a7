#include "services/retail/invoice_file.hpp"
#include "tests/services/retail/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::retail {
namespace {

const std::string header =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
const std::string first = "1,A,a,1,2010-12-01 08:26:00,1.00,17850,United Kingdom\n";
const std::string second = "2,B,b,1,2010-12-01 08:26:00,1.00,17850,United Kingdom\n";

struct outcome {
  base::result<std::uint64_t> rows = std::uint64_t{0};
  std::vector<std::string> taken;
  std::vector<std::string> refused;
  row_report report;
};

outcome read(const std::string& text, std::uint64_t limit = max_invoice_rows) {
  const temporary_file file(text);
  auto source = line_source::open(file.path());
  REQUIRE(source.has_value());
  outcome seen;
  seen.rows = read_invoice_lines(
      *source, seen.report,
      [&](const invoice_line& line, std::uint64_t at) -> std::optional<row_problem> {
        if (line.stock_code == "UNWANTED") return row_problem{at, "StockCode", "another", "UNWANTED"};
        seen.taken.push_back(std::string(line.invoice_no) + "@" + std::to_string(at));
        return std::nullopt;
      },
      [&](std::string_view number) { seen.refused.emplace_back(number); }, limit);
  return seen;
}

} // namespace

TEST_CASE("invoice file: every row is either taken or in the report, and none stops the others") {
  const auto seen = read(header + first + "3,A,\"a\"x,1,d,1.00,1,UK\n" + "4,A\n" + "\"5\n" +
                         "6,UNWANTED,a,1,d,1.00,1,UK\n" + "7,A,a,many,d,1.00,1,UK\n" + second);
  REQUIRE(seen.rows.has_value());
  CHECK(*seen.rows == 7);
  CHECK(seen.taken == std::vector<std::string>{"1@2", "2@8"});
  CHECK(seen.refused == std::vector<std::string>{"3", "4", "7"});
  CHECK(seen.report.count() == 5);
  std::vector<std::uint64_t> lines;
  for (const auto& problem : seen.report.kept()) lines.push_back(problem.line);
  CHECK(lines == std::vector<std::uint64_t>{3, 4, 5, 6, 7});
}

TEST_CASE("invoice file: a byte order mark and CRLF are taken, as spreadsheets write them") {
  std::string text = "\xEF\xBB\xBF" + header + first;
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
    text.insert(at, "\r");
  const auto seen = read(text);
  CHECK(seen.taken == std::vector<std::string>{"1@2"});
  CHECK(seen.report.count() == 0);
}

TEST_CASE("invoice file: without its header the file is refused") {
  const auto empty = read("");
  REQUIRE(empty.rows.has_error());
  CHECK_THAT(empty.rows.error().detail, Catch::EndsWith("is empty; expected a header that begins with "
                                                        "InvoiceNo,StockCode,Description"));
  const auto other = read(first);
  REQUIRE(other.rows.has_error());
  CHECK(other.rows.error().code == base::errc::invalid_argument);
  CHECK_THAT(other.rows.error().detail,
             Catch::EndsWith(R"(: line 1: header: column 1 must be InvoiceNo, found "1")"));
}

TEST_CASE("invoice file: more rows than the limit are refused, exactly as many are not") {
  CHECK(read(header + first + second, 2).rows.has_value());
  const auto seen = read(header + first + second, 1);
  REQUIRE(seen.rows.has_error());
  CHECK(seen.rows.error().code == base::errc::resource_exhausted);
  CHECK_THAT(seen.rows.error().detail,
             Catch::EndsWith(": line 3: more than 1 rows; split the file by whole invoices"));
}

} // namespace troupe::retail
