#include "services/retail/invoice_line.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::retail {
namespace {

const std::vector<std::string> good{"536365", "85123A", "WHITE HANGING HEART", "6", "2010-12-01 08:26:00",
                                    "2.55",   "17850",  "United Kingdom"};

csv_record header() { return {1, {invoice_columns.begin(), invoice_columns.end()}, {}}; }

csv_record with(std::size_t column, std::string value) {
  csv_record record{2, good, {}};
  record.fields[column] = std::move(value);
  return record;
}

} // namespace

TEST_CASE("invoice line: the header must name the eight columns in their order") {
  CHECK(check_header(header()).has_value());

  auto other = header();
  other.fields[2] = "Desc\n";
  CHECK(check_header(other).error().detail ==
        R"(line 1: header: column 3 must be Description, found "Desc\x0a")");
  auto less = header();
  less.fields.pop_back();
  CHECK(check_header(less).error().detail ==
        "line 1: header: column 8 must be Country, but the row ends before it");
  auto more = header();
  more.fields.emplace_back("More");
  CHECK(check_header(more).error().detail == "line 1: header: expected 8 fields, found 9");
  auto malformed = header();
  malformed.problem = "a quote only around a whole field";
  CHECK(check_header(malformed).error().detail ==
        "line 1: header: expected a quote only around a whole field");
}

TEST_CASE("invoice line: a good row is read without a change") {
  const csv_record record{2, good, {}};
  invoice_line line;
  REQUIRE_FALSE(parse_invoice_line(record, line));
  CHECK(line.invoice_no == "536365");
  CHECK(line.stock_code == "85123A");
  CHECK(line.description == "WHITE HANGING HEART");
  CHECK(line.quantity == 6);
  CHECK(line.price_millionths == 2'550'000);
  CHECK(line.customer_id == "17850");
}

TEST_CASE("invoice line: NA is a missing description or customer, and an ordinary word elsewhere") {
  invoice_line line;
  auto record = with(6, "NA");
  record.fields[2] = "NA";
  record.fields[1] = "NA";
  REQUIRE_FALSE(parse_invoice_line(record, line));
  CHECK(line.customer_id.empty());
  CHECK(line.description.empty());
  CHECK(line.stock_code == "NA");
}

TEST_CASE("invoice line: odd but real values are taken") {
  struct {
    std::size_t column;
    const char* value;
  } const cases[] = {{0, "C536379"},
                     {0, "A563185"},
                     {1, "gift_0001_40"},
                     {1, "BANK CHARGES"},
                     {2, "Voucher \xC2\xA3"
                         "40.00"},
                     {2, ""},
                     {2, "RECORD FRAME 7\" SINGLE"},
                     {3, "-74215"},
                     {3, "0"},
                     {3, "2147483647"},
                     {5, "0.001"},
                     {5, "-11062.06"},
                     {5, "0"},
                     {6, ""}};
  for (const auto& c : cases) {
    INFO(invoice_columns[c.column] << " " << c.value);
    invoice_line line;
    const auto record = with(c.column, c.value);
    CHECK_FALSE(parse_invoice_line(record, line));
  }
}

TEST_CASE("invoice line: a bad field is refused with its column and what was expected") {
  struct {
    std::size_t column;
    std::string value;
    const char* expected;
  } const cases[] = {
      {0, "", "1 to 50 visible ASCII characters"},
      {0, std::string(51, '5'), "1 to 50 visible ASCII characters"},
      {0, "53 6365", "1 to 50 visible ASCII characters"},
      {0, "536365\r\nX: y", "1 to 50 visible ASCII characters"},
      {1, "", "1 to 64 bytes without control characters"},
      {1, std::string(65, 'a'), "1 to 64 bytes without control characters"},
      {1, "a\x01", "1 to 64 bytes without control characters"},
      {2, "\xA3", "text in UTF-8"},
      {2, "a\nb", "text without control characters"},
      {3, "", "a whole number from -2147483648 to 2147483647"},
      {3, "6.0", "a whole number from -2147483648 to 2147483647"},
      {3, "2147483648", "a whole number from -2147483648 to 2147483647"},
      {3, "+6", "a whole number from -2147483648 to 2147483647"},
      {5, "2,55", "a decimal number with at most 12 digits and 6 decimals, as in 2.55"},
      {5, "NA", "a decimal number with at most 12 digits and 6 decimals, as in 2.55"},
      {6, "a b", "at most 64 visible ASCII characters"},
      {6, std::string(65, '1'), "at most 64 visible ASCII characters"},
      {7, "\xFF", "text in UTF-8"},
  };
  for (const auto& c : cases) {
    INFO(invoice_columns[c.column] << " " << c.value);
    invoice_line line;
    const auto record = with(c.column, c.value);
    const auto problem = parse_invoice_line(record, line);
    REQUIRE(problem);
    CHECK(problem->line == 2);
    CHECK(problem->column == invoice_columns[c.column]);
    CHECK(problem->expected == c.expected);
    CHECK(problem->found == c.value);
  }
}

TEST_CASE("invoice line: a row with another number of fields, or malformed, is refused as a whole") {
  invoice_line line;
  auto record = csv_record{5, good, {}};
  record.fields.pop_back();
  auto problem = parse_invoice_line(record, line);
  REQUIRE(problem);
  CHECK(problem->column.empty());
  CHECK(problem->expected == "8 fields");
  CHECK(problem->found == "7 fields");

  record = {6, {"536365", "85123A"}, "a closing quote before the end of the file"};
  problem = parse_invoice_line(record, line);
  REQUIRE(problem);
  CHECK(problem->line == 6);
  CHECK(problem->column == "Description");
  CHECK(problem->expected == "a closing quote before the end of the file");
}

} // namespace troupe::retail
