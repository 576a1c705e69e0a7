#include "services/catalog/model.hpp"
#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace troupe::catalog;
using test::sample;

TEST_CASE("An id is what can stand as one segment of a path", "[unit]") {
  for (const std::string good :
       {"85123A", "BANK CHARGES", "gift_0001_20", "a", "...", "\xC3\xA9", "100%", "a:b?c#d"}) {
    CAPTURE(good);
    CHECK(is_product_id(good));
  }
  CHECK(is_product_id(std::string(64, 'x')));
  CHECK_FALSE(is_product_id(std::string(65, 'x')));
  for (const std::string bad :
       {"", ".", "..", "a/b", "a\\b", "a\nb", "\x7F", "\xC3", "\xC0\xAF", "\xED\xA0\x80"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_product_id(bad));
  }
  CHECK_FALSE(is_product_id(std::string_view("a\0b", 3)));
}

TEST_CASE("A product is refused with the name of the field that is wrong", "[unit]") {
  struct example {
    std::function<void(v1::Product&)> spoil;
    std::string field;
  };
  const std::vector<example> examples{
      {[](auto& p) { p.clear_id(); }, "id"},
      {[](auto& p) { p.set_id("a/b"); }, "id"},
      {[](auto& p) { p.clear_name(); }, "name"},
      {[](auto& p) { p.set_name(std::string(257, 'n')); }, "name"},
      {[](auto& p) { p.set_name("two\nlines"); }, "name"},
      {[](auto& p) { p.set_name("\xFF"); }, "name"},
      {[](auto& p) { p.set_description(std::string(4097, 'd')); }, "description"},
      {[](auto& p) { p.set_description(std::string("\0", 1)); }, "description"},
      {[](auto& p) { p.clear_price(); }, "price.currency"},
      {[](auto& p) { p.mutable_price()->set_currency("gbp"); }, "price.currency"},
      {[](auto& p) { p.mutable_price()->set_currency("GBPX"); }, "price.currency"},
      {[](auto& p) { p.mutable_price()->set_amount_minor(-1); }, "price.amount_minor"},
      {[](auto& p) { p.mutable_price()->set_amount_minor(1'000'000'000'001); }, "price.amount_minor"},
      {[](auto& p) { p.set_stock(-1); }, "stock"},
      {[](auto& p) { p.set_stock(1'000'000'001); }, "stock"},
  };
  for (const auto& example : examples) {
    auto product = sample("85123A");
    example.spoil(product);
    const auto checked = check_product(product, "products[3].");
    CAPTURE(example.field);
    REQUIRE(checked.has_error());
    CHECK(checked.error().code == troupe::base::errc::invalid_argument);
    CHECK(checked.error().detail.find("products[3]." + example.field + ":") == 0);
  }
}

TEST_CASE("A product at its bounds is accepted", "[unit]") {
  auto product = sample(std::string(64, 'i'), std::string(256, 'n'), 1'000'000'000'000);
  product.set_description("first line\r\n\tsecond" + std::string(4077, 'd'));
  product.set_stock(1'000'000'000);
  CHECK(product.description().size() == 4096);
  CHECK(check_product(product).has_value());
}

TEST_CASE("A batch must not name a product twice", "[unit]") {
  CHECK(check_batch(test::batch_of({sample("a"), sample("b"), sample("A")})).has_value());
  const auto twice = check_batch(test::batch_of({sample("a"), sample("b"), sample("a")}));
  REQUIRE(twice.has_error());
  CHECK(twice.error().detail == "products[2].id: is that of products[0] too");
  const auto bad = check_batch(test::batch_of({sample("a"), sample("")}));
  REQUIRE(bad.has_error());
  CHECK(bad.error().detail == "products[1].id: is required");
}

TEST_CASE("Content is all that a client may set, and nothing else", "[unit]") {
  const auto a = sample("a");
  auto b = a;
  b.set_version(7);
  b.set_updated_at("2026-11-22T10:00:00.000000Z");
  CHECK(same_content(a, b));
  const std::vector<std::function<void(v1::Product&)>> changes{
      [](auto& p) { p.set_id("b"); },
      [](auto& p) { p.set_name("other"); },
      [](auto& p) { p.set_description("other"); },
      [](auto& p) { p.mutable_price()->set_amount_minor(1); },
      [](auto& p) { p.mutable_price()->set_currency("EUR"); },
      [](auto& p) { p.set_stock(1); },
  };
  for (const auto& change : changes) {
    auto changed = a;
    change(changed);
    CHECK_FALSE(same_content(a, changed));
  }
}
