#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

using namespace troupe::catalog;
using test::entry_of;
using test::sample;

TEST_CASE("An entry holds the product's JSON and its ETag field", "[unit]") {
  auto product = sample("85123A", "CREAM \"HEART\"");
  product.set_description("line\none");
  product.set_stock(12);
  const auto entry = entry_of(product, 3);
  CHECK(entry->body.view() == R"({"id":"85123A","name":"CREAM \"HEART\"","description":"line\none",)"
                              R"("price":{"amount_minor":255,"currency":"GBP"},)"
                              R"("stock":12,"version":3,"updated_at":"2026-11-22T10:00:00.000000Z"})");
  CHECK(entry->etag().substr(0, 4) == "\"v3-");
  CHECK(entry->etag().back() == '"');
  CHECK(entry->fields.view() == "ETag: " + std::string(entry->etag()) + "\r\n");
}

TEST_CASE("Empty and zero fields are in the JSON too", "[unit]") {
  CHECK(entry_of(sample("a", "b", 0))->body.view() ==
        R"({"id":"a","name":"b","description":"","price":{"amount_minor":0,"currency":"GBP"},)"
        R"("stock":0,"version":1,)"
        R"("updated_at":"2026-11-22T10:00:00.000000Z"})");
}

TEST_CASE("Another body of the same version has another tag", "[unit]") {
  CHECK(entry_of(sample("a", "x"))->etag() != entry_of(sample("a", "y"))->etag());
  CHECK(entry_of(sample("a", "x"))->etag() != entry_of(sample("a", "x"), 2)->etag());
  CHECK(entry_of(sample("a", "x"))->etag() == entry_of(sample("a", "x"))->etag());
}

TEST_CASE("A copy of an entry says the same with bytes of its own", "[unit]") {
  const auto entry = entry_of(sample("a"));
  const auto copy = own_copy(*entry);
  CHECK(copy->product.SerializeAsString() == entry->product.SerializeAsString());
  CHECK(copy->body.view() == entry->body.view());
  CHECK(copy->etag() == entry->etag());
  CHECK(copy->body.view().data() != entry->body.view().data());
  CHECK(copy->fields.view().data() != entry->fields.view().data());
}
