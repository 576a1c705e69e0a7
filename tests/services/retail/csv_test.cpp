#include "services/retail/csv.hpp"
#include "tests/services/retail/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::retail {
namespace {

struct row {
  std::uint64_t line;
  std::vector<std::string> fields;
  std::string problem = {};

  friend bool operator==(const row&, const row&) = default;
  friend std::ostream& operator<<(std::ostream& out, const row& r) {
    out << r.line << ':';
    for (const auto& field : r.fields) out << " [" << field.substr(0, 40) << "]";
    return out << " problem: " << r.problem;
  }
};

std::vector<row> rows_of(std::string_view text) {
  const temporary_file file(text);
  auto source = line_source::open(file.path());
  REQUIRE(source.has_value());
  csv_reader reader(*source);
  std::vector<row> rows;
  csv_record record;
  while (*reader.read(record)) rows.push_back({record.line, record.fields, record.problem});
  return rows;
}

const std::string stray = "a quote only around a whole field";
const std::string after = "a comma or a line end after a closing quote";

} // namespace

TEST_CASE("csv: records are read as RFC 4180 section 2 has them") {
  struct {
    const char* text;
    std::vector<row> rows;
  } const cases[] = {
      {"", {}},
      {"a,b\nc,d", {{1, {"a", "b"}}, {2, {"c", "d"}}}},
      {"a,b\r\nc,d\r\n", {{1, {"a", "b"}}, {2, {"c", "d"}}}},
      {"a", {{1, {"a"}}}},
      {",", {{1, {"", ""}}}},
      {"a,\r\n,b\r\n", {{1, {"a", ""}}, {2, {"", "b"}}}},
      {"\"a,b\",\"\",\"c\"\"d\"\r\n", {{1, {"a,b", "", "c\"d"}}}},
      {"\"\"\"\"\n", {{1, {"\""}}}},
      {"\n\r\n a ,b \n\n", {{3, {" a ", "b "}}}},
      {"\"a\nb\",c\nd,e\n", {{1, {"a\nb", "c"}}, {3, {"d", "e"}}}},
      {"\"a\r\n\r\nb\"\r\nd\r\n", {{1, {"a\r\n\r\nb"}}, {4, {"d"}}}},
      {"a\rb,c\n", {{1, {"a\rb", "c"}}}},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(rows_of(c.text) == c.rows);
  }
}

TEST_CASE("csv: a malformed record costs itself only, and keeps the fields before the fault") {
  struct {
    const char* text;
    std::vector<row> rows;
  } const cases[] = {
      {"a,b\"c,d\ne,f\n", {{1, {"a"}, stray}, {2, {"e", "f"}}}},
      {"a,\"b\"c,d\ne,f\n", {{1, {"a"}, after}, {2, {"e", "f"}}}},
      {"\"a\" ,b\ne\n", {{1, {}, after}, {2, {"e"}}}},
      {"a,\"b\nc,d\ne,f\n",
       {{1, {"a"}, "a closing quote before the end of the file"}, {2, {"c", "d"}}, {3, {"e", "f"}}}},
      {"a,\"b\nc,\"d\ne\n",
       {{1, {"a"}, after}, {2, {"c"}, "a closing quote before the end of the file"}, {3, {"e"}}}},
      {"x,\"\n\"y\nz\n",
       {{1, {"x"}, after}, {2, {}, "a closing quote before the end of the file"}, {3, {"z"}}}},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(rows_of(c.text) == c.rows);
  }
}

TEST_CASE(
    "csv: a record may have 65536 bytes; what begins a longer one is refused and its lines are read again") {
  const std::string half(csv_reader::max_record_bytes / 2, 'x');
  const auto fits = rows_of("\"" + half + "\n" + half.substr(3) + "\"\nnext\n");
  REQUIRE(fits.size() == 2);
  CHECK(fits[0].problem.empty());
  CHECK(fits[0].fields[0].size() == csv_reader::max_record_bytes - 2);

  CHECK(rows_of("\"" + half + "\n" + half + "\nnext\n") ==
        std::vector<row>{{1, {}, "a closing quote within 65536 bytes"}, {2, {half}}, {3, {"next"}}});
}

TEST_CASE("csv: a line that is too long is a record with a problem, alone or inside quotes") {
  const std::string line(line_source::max_line_bytes + 1, 'x');
  const std::string too_long = "a line of at most 65536 bytes";
  CHECK(rows_of("a\n" + line + "\nb\n") == std::vector<row>{{1, {"a"}}, {2, {}, too_long}, {3, {"b"}}});
  CHECK(rows_of("\"a\n" + line + "\nb\n") ==
        std::vector<row>{{1, {}, "a closing quote within 65536 bytes"}, {2, {}, too_long}, {3, {"b"}}});
}

TEST_CASE("csv: many quotes that are never closed are read in linear time") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "\"a\n";
  const auto rows = rows_of(text);
  CHECK(rows.size() == 20'000);
  CHECK(rows.back().problem == "a closing quote before the end of the file");
}

} // namespace troupe::retail
