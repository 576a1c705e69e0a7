#include "services/retail/product_source.hpp"
#include "tests/services/retail/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

namespace troupe::retail {

static std::ostream& operator<<(std::ostream& out, const product& p) {
  return out << p.id << '|' << p.name << '|' << p.description << '|' << p.price_minor << p.currency << '|'
             << p.stock;
}

namespace {

const std::string header =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

std::string row(const std::string& code, const std::string& description, const std::string& price) {
  return "1," + code + "," + description + ",1,2010-12-01 08:26:00," + price + ",NA,United Kingdom\n";
}

struct outcome {
  std::vector<product> products;
  row_report report;
  base::result<product_counts> counts = product_counts{};
};

outcome read_file(const std::string& path) {
  outcome seen;
  seen.counts = read_products(path, seen.report, [&](product&& one) {
    seen.products.push_back(std::move(one));
    return base::result<void>();
  });
  return seen;
}

outcome read(const std::string& text) { return read_file(temporary_file(text).path()); }

} // namespace

TEST_CASE(
    "products of a retail file: the last description that is not empty and the last price above 0 hold") {
  const auto seen =
      read(header + row("A", "OLD NAME", "1.00") + row("B", "BEE", "2.5") + row("A", "NEW NAME", "2.555") +
           row("A", "", "0") + row("A", "NA", "-5") + row("a", "LOWER", "0.005"));
  REQUIRE(seen.counts.has_value());
  CHECK(seen.products == std::vector<product>{{"A", "NEW NAME", "", 256, "GBP", 0},
                                              {"B", "BEE", "", 250, "GBP", 0},
                                              {"a", "LOWER", "", 1, "GBP", 0}});
  CHECK(seen.counts->rows == 6);
  CHECK(seen.counts->products == 3);
  CHECK(seen.report.count() == 0);
}

TEST_CASE("products of a retail file: codes without a name or price, or that the catalogue cannot hold, are "
          "skipped and "
          "named") {
  const auto seen = read(header + row("A", "NA", "1.00") + row("B", "FREE", "0") + row("X/Y", "SLASH", "1") +
                         row("DEAR", "DEAR", "99999999999") + row("OK", "OK", "0.001"));
  REQUIRE(seen.counts.has_value());
  CHECK(seen.products == std::vector<product>{{"OK", "OK", "", 0, "GBP", 0}});
  CHECK(seen.counts->skipped == 4);
  std::vector<std::string> reasons;
  for (const auto& one : seen.counts->skipped_codes) reasons.push_back(one.code + ": " + one.reason);
  CHECK(reasons == std::vector<std::string>{
                       "A: no description", "B: no price above 0",
                       "X/Y: id: expected 1 to 64 bytes of printable text without / and \\",
                       "DEAR: price.amount_minor: expected a whole number from 0 to 1000000000000"});
}

TEST_CASE("products of a retail file: bad rows are reported and the others count") {
  const auto seen =
      read(header + row("A", "A", "1.00") + row("A", "A", "dear") + "rubbish\n" + row("B", "B", "2"));
  REQUIRE(seen.counts.has_value());
  CHECK(seen.counts->rows == 4);
  CHECK(seen.report.count() == 2);
  CHECK(seen.products.size() == 2);
}

TEST_CASE("products of a JSON Lines file are handed out in file order") {
  const auto seen =
      read("\n  \t{\"id\":\"A 1\",\"name\":\"Aye\",\"description\":\"d\",\"price\":{\"amount_minor\":255,"
           "\"currency\":\"GBP\"},\"stock\":7}\r\n\n"
           "{\"price\":{\"currency\":\"EUR\",\"amount_minor\":0},\"name\":\"\\u00a3\",\"id\":\"B\"}");
  REQUIRE(seen.counts.has_value());
  CHECK(seen.products ==
        std::vector<product>{{"A 1", "Aye", "d", 255, "GBP", 7}, {"B", "\xC2\xA3", "", 0, "EUR", 0}});
  CHECK(seen.counts->rows == 2);
}

TEST_CASE("products of a JSON Lines file: a bad line is reported with its line and field") {
  const std::string good = R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"GBP"}})";
  struct {
    std::string text;
    const char* field;
    const char* expected;
  } const cases[] = {
      {R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"GBP"})", "",
       "a JSON object on one line"},
      {R"([1])", "", "a JSON object"},
      {R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"GBP"},"colour":"red"})", "",
       "only the keys id"},
      {R"({"name":"a","price":{"amount_minor":1,"currency":"GBP"}})", "id", "a string"},
      {R"({"id":5,"name":"a","price":{"amount_minor":1,"currency":"GBP"}})", "id", "a string"},
      {R"({"id":"..","name":"a","price":{"amount_minor":1,"currency":"GBP"}})", "id", "1 to 64 bytes"},
      {R"({"id":"a/b","name":"a","price":{"amount_minor":1,"currency":"GBP"}})", "id", "1 to 64 bytes"},
      {R"({"id":"A","name":"","price":{"amount_minor":1,"currency":"GBP"}})", "name", "1 to 256 bytes"},
      {R"({"id":"A","name":"a\nb","price":{"amount_minor":1,"currency":"GBP"}})", "name", "1 to 256 bytes"},
      {R"({"id":"A","name":"a"})", "price", "{\"amount_minor\""},
      {R"({"id":"A","name":"a","price":{"amount_minor":1}})", "price.currency", "a string"},
      {R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"gbp"}})", "price.currency",
       "a currency code"},
      {R"({"id":"A","name":"a","price":{"amount_minor":1.5,"currency":"GBP"}})", "price.amount_minor",
       "a whole number"},
      {R"({"id":"A","name":"a","price":{"amount_minor":-1,"currency":"GBP"}})", "price.amount_minor",
       "a whole number"},
      {R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"GBP","x":1}})", "price",
       "only the keys"},
      {R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"GBP"},"stock":"7"})", "stock",
       "a whole number"},
      {R"({"id":"A","name":"a","price":{"amount_minor":1,"currency":"GBP"},"stock":-7})", "stock",
       "a whole number"},
      {std::string(70'000, ' '), "", "a line of at most 65536 bytes"},
  };
  for (const auto& c : cases) {
    INFO(c.text.substr(0, 100));
    const auto seen = read(good + "\n" + c.text + "\n" + good + "\n");
    REQUIRE(seen.counts.has_value());
    CHECK(seen.products.size() == 2);
    REQUIRE(seen.report.count() == 1);
    CHECK(seen.report.kept()[0].line == 2);
    CHECK(seen.report.kept()[0].column == c.field);
    CHECK_THAT(seen.report.kept()[0].expected, Catch::StartsWith(c.expected));
  }
}

TEST_CASE("products: what the taker refuses ends the reading with its error") {
  const temporary_file file(header + row("A", "A", "1") + row("B", "B", "1"));
  row_report report;
  int taken = 0;
  const auto counts = read_products(file.path(), report, [&](product&&) -> base::result<void> {
    ++taken;
    return base::fail(base::errc::unavailable, "the store is full");
  });
  REQUIRE(counts.has_error());
  CHECK(counts.error().detail == "the store is full");
  CHECK(taken == 1);
}

TEST_CASE("products: a file that is neither is refused with the header that was expected") {
  CHECK_THAT(read("<html>\n").counts.error().detail, Catch::Contains("column 1 must be InvoiceNo"));
  CHECK_THAT(read(" \n\n").counts.error().detail, Catch::Contains("is empty"));
  CHECK(read_file("/no/such/file").counts.error().code == base::errc::not_found);
}

TEST_CASE("the sample catalogue holds sixty different products with a description, a price and stock") {
  const auto seen = read_file(TROUPE_SAMPLE_CATALOGUE);
  REQUIRE(seen.counts.has_value());
  CHECK(seen.report.count() == 0);
  std::set<std::string> ids;
  for (const auto& one : seen.products) {
    ids.insert(one.id);
    CHECK_FALSE(one.description.empty());
    CHECK(one.price_minor > 0);
    CHECK(one.stock > 0);
  }
  CHECK(ids.size() == 60);
}

} // namespace troupe::retail
