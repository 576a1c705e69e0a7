#include "services/catalog/bulk_load.hpp"
#include "services/catalog/product_store.hpp"
#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace troupe;
using namespace troupe::catalog;
using test::sample;
using test::temporary_directory;

namespace {

bulk_load::summary load_all(const temporary_directory& dir, const std::vector<v1::Product>& products) {
  auto load = bulk_load::open(dir.path());
  REQUIRE(load.has_value());
  for (const auto& product : products) REQUIRE(load->add(product).has_value());
  auto summary = load->finish();
  REQUIRE(summary.has_value());
  return *summary;
}

std::map<std::string, std::int64_t> versions(const temporary_directory& dir) {
  std::map<std::string, std::int64_t> out;
  auto store = product_store::open(dir.path());
  for (const auto& entry : *store->all()) out[entry->product.id()] = entry->product.version();
  return out;
}

} // namespace

TEST_CASE("A bulk load tells new, changed and unchanged products apart", "[unit]") {
  const temporary_directory dir;
  auto summary = load_all(dir, {sample("a"), sample("b")});
  CHECK(summary.created == 2);
  CHECK(summary.updated == 0);
  CHECK(summary.unchanged == 0);
  summary = load_all(dir, {sample("a"), sample("b", "renamed"), sample("c")});
  CHECK(summary.created == 1);
  CHECK(summary.updated == 1);
  CHECK(summary.unchanged == 1);
  CHECK(versions(dir) == std::map<std::string, std::int64_t>{{"a", 1}, {"b", 2}, {"c", 1}});
}

TEST_CASE("A bulk load repeated changes nothing", "[unit]") {
  const temporary_directory dir;
  std::vector<v1::Product> products;
  for (int i = 0; i < 2345; ++i) products.push_back(sample(std::to_string(i)));
  CHECK(load_all(dir, products).created == 2345);
  CHECK(load_all(dir, products).unchanged == 2345);
  const auto all = versions(dir);
  CHECK(all.size() == 2345);
  for (const auto& [id, version] : all) CHECK(version == 1);
}

TEST_CASE("A product that occurs twice in one load is replaced by its later form", "[unit]") {
  const temporary_directory dir;
  const auto summary = load_all(dir, {sample("a", "one"), sample("a", "two"), sample("a", "two")});
  CHECK(summary.created == 1);
  CHECK(summary.updated == 1);
  CHECK(summary.unchanged == 1);
}

TEST_CASE("A product that is refused does not end the load", "[unit]") {
  const temporary_directory dir;
  auto load = bulk_load::open(dir.path());
  CHECK(load->add(sample("a/b")).error().code == base::errc::invalid_argument);
  CHECK(load->add(sample("a")).has_value());
  CHECK(load->finish()->created == 1);
  CHECK(versions(dir).size() == 1);
}

TEST_CASE("Without its end a load loses at most what was not committed", "[unit]") {
  const temporary_directory dir;
  {
    auto load = bulk_load::open(dir.path());
    for (int i = 0; i < 1500; ++i) REQUIRE(load->add(sample(std::to_string(i))).has_value());
  }
  CHECK(versions(dir).size() == 1000);
}

TEST_CASE("A load stops at the bound of products and still replaces those that are there", "[unit]") {
  const temporary_directory dir;
  auto load = bulk_load::open(dir.path(), 2);
  CHECK(load->add(sample("a")).has_value());
  CHECK(load->add(sample("b")).has_value());
  for (int i = 0; i < 1100; ++i) CHECK(load->add(sample("c")).error().code == base::errc::unavailable);
  CHECK(load->add(sample("a", "renamed")).has_value());
  CHECK(load->finish()->updated == 1);
  CHECK(versions(dir) == std::map<std::string, std::int64_t>{{"a", 2}, {"b", 1}});
}

TEST_CASE("After a failure of the store every call of a load fails, and nothing half done is there",
          "[unit]") {
  const temporary_directory dir;
  load_all(dir, {sample("old")});
  {
    auto other = store::database::open(store_file(dir.path()), store::database::access::read_write);
    REQUIRE(other
                ->execute("CREATE TRIGGER refuse BEFORE INSERT ON products WHEN new.id = 'bad' "
                          "BEGIN SELECT RAISE(ABORT, 'no'); END")
                .has_value());
  }
  auto load = bulk_load::open(dir.path());
  CHECK(load->add(sample("good")).has_value());
  CHECK(load->add(sample("bad")).has_error());
  CHECK(load->add(sample("later")).has_error());
  CHECK(load->finish().has_error());
  CHECK(versions(dir).size() == 1);
}
