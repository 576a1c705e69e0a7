#include "services/retail/row_report.hpp"
#include "tests/services/retail/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

namespace troupe::retail {
namespace {

std::string text_of(const row_report& report) {
  std::ostringstream out;
  report.write(out);
  return out.str();
}

} // namespace

TEST_CASE("row report: a row is named with its line, its column, what was expected and what stood there") {
  row_report report;
  CHECK(text_of(report).empty());
  report.add({7, "Quantity", "a whole number", "six"});
  report.add({9, "", "8 fields", ""});
  CHECK(text_of(report) ==
        "line 7: Quantity: expected a whole number, found \"six\"\nline 9: expected 8 fields\n");
}

TEST_CASE(
    "row report: what stood there can neither break the line nor reach the terminal nor fill the memory") {
  row_report report;
  report.add({1, "Description", "text in UTF-8", "a\n\x1b[31m\xA3\"\\"});
  CHECK(text_of(report) ==
        "line 1: Description: expected text in UTF-8, found \"a\\x0a\\x1b[31m\\xa3\\\"\\\\\"\n");
  CHECK(quoted(std::string(61, 'x')) == "\"" + std::string(60, 'x') + "\"...");
  CHECK(quoted(std::string(60, 'x')) == "\"" + std::string(60, 'x') + "\"");
  report.add({2, "Description", "less", std::string(60'000, 'x')});
  CHECK(report.kept().back().found.size() < 100);
}

TEST_CASE("row report: a thousand rows are kept and all are counted") {
  row_report report;
  for (unsigned i = 1; i <= 1234; ++i) report.add({i, "x", "y", "z"});
  CHECK(report.count() == 1234);
  CHECK(report.kept().size() == 1000);
  CHECK_THAT(text_of(report), Catch::EndsWith("\nand 234 more rows refused, not listed\n"));
}

TEST_CASE("row report: it is saved to a file, and a file that cannot be written is an error with its path") {
  row_report report;
  report.add({7, "Quantity", "a whole number", "six"});
  const temporary_file file(
      "what was there before, and is longer than the report that replaces it ............");
  REQUIRE(report.save(file.path()).has_value());
  CHECK(file.content() == text_of(report));
  const auto failed = report.save("/no/such/folder/report");
  REQUIRE(failed.has_error());
  CHECK(failed.error().detail ==
        "/no/such/folder/report: the report cannot be written: No such file or directory");
}

} // namespace troupe::retail
