#include "services/catalog/product_index.hpp"
#include "tests/platform/base/colliding_texts.hpp"
#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe::catalog;
using test::entry_of;
using test::list_of;
using test::sample;

namespace {

std::uint64_t views_of(const std::vector<product_index::viewed_product>& taken, std::string_view id) {
  std::uint64_t sum = 0;
  for (const auto& one : taken) sum += one.id == id ? one.views : 0;
  return sum;
}

} // namespace

TEST_CASE("A replica finds what it has loaded and what was changed after it", "[unit]") {
  product_index index;
  CHECK(index.view("a", "").error().code == troupe::base::errc::not_found);
  index.load({list_of({entry_of(sample("a")), entry_of(sample("b"))})});
  CHECK(index.size() == 2);
  CHECK(index.view("a", "")->entry->product.version() == 1);
  index.apply({list_of({entry_of(sample("a"), 2), entry_of(sample("c"))})});
  CHECK(index.size() == 3);
  CHECK(index.view("a", "")->entry->product.version() == 2);
  CHECK(index.view("c", "").has_value());
  index.load({list_of({entry_of(sample("b"), 9)})});
  CHECK(index.size() == 1);
  CHECK(index.view("b", "")->entry->product.version() == 9);
  CHECK(index.view("a", "").has_error());
}

TEST_CASE("RFC 9110 section 13.1.2: a tag the client has makes the answer not modified", "[unit]") {
  product_index index;
  const auto entry = entry_of(sample("a"));
  index.load({list_of({entry})});
  const std::string tag(entry->etag());
  CHECK_FALSE(index.view("a", "")->not_modified);
  CHECK_FALSE(index.view("a", "\"other\"")->not_modified);
  CHECK(index.view("a", tag)->not_modified);
  CHECK(index.view("a", "W/" + tag)->not_modified);
  CHECK(index.view("a", "*")->not_modified);
  CHECK(index.view("b", "*").has_error());
  index.apply({list_of({entry_of(sample("a"), 2)})});
  CHECK_FALSE(index.view("a", tag)->not_modified);
}

TEST_CASE("Many products are found in the order of the ids, and the missing ones are listed", "[unit]") {
  product_index index;
  index.load({list_of({entry_of(sample("a")), entry_of(sample("b"))})});
  v1::BatchGetProductsRequest request;
  for (const auto* id : {"b", "x", "a", "y", "b"}) request.add_ids(id);
  const auto set = index.find_all(request);
  REQUIRE(set.found.size() == 3);
  CHECK(set.found[0]->product.id() == "b");
  CHECK(set.found[1]->product.id() == "a");
  CHECK(set.found[2]->product.id() == "b");
  CHECK(set.missing == std::vector<std::string>{"x", "y"});
  CHECK_FALSE(index.has_views());
}

TEST_CASE("Views are counted by product and taken once", "[unit]") {
  product_index index;
  index.load({list_of({entry_of(sample("a")), entry_of(sample("b")), entry_of(sample("c"))})});
  CHECK_FALSE(index.has_views());
  for (int i = 0; i < 3; ++i) (void)index.view("a", "");
  (void)index.view("b", "*");
  (void)index.view("missing", "");
  CHECK(index.has_views());
  const auto taken = index.take_views(10);
  CHECK(taken.size() == 2);
  CHECK(views_of(taken, "a") == 3);
  CHECK(views_of(taken, "b") == 1);
  CHECK_FALSE(index.has_views());
  CHECK(index.take_views(10).empty());
  (void)index.view("a", "");
  CHECK(views_of(index.take_views(10), "a") == 1);
}

TEST_CASE("What does not fit into one taking of views is there for the next", "[unit]") {
  product_index index;
  index.load({list_of({entry_of(sample("a")), entry_of(sample("b")), entry_of(sample("c"))})});
  for (const auto* id : {"a", "b", "c", "a"}) (void)index.view(id, "");
  auto all = index.take_views(2);
  CHECK(all.size() == 2);
  CHECK(index.has_views());
  const auto rest = index.take_views(2);
  CHECK(rest.size() == 1);
  all.insert(all.end(), rest.begin(), rest.end());
  CHECK(views_of(all, "a") == 2);
  CHECK(views_of(all, "b") == 1);
  CHECK(views_of(all, "c") == 1);
}

TEST_CASE("One taking of views says at most a million of a product", "[unit]") {
  product_index index;
  index.load({list_of({entry_of(sample("a"))})});
  for (int i = 0; i < 1'000'003; ++i) (void)index.view("a", "");
  CHECK(views_of(index.take_views(1), "a") == 1'000'000);
  CHECK(index.has_views());
  CHECK(views_of(index.take_views(1), "a") == 3);
  CHECK_FALSE(index.has_views());
}

TEST_CASE("A product in demand is read from a copy until it changes", "[unit]") {
  product_index index;
  const auto shared = entry_of(sample("a"));
  index.load({list_of({shared})});
  for (std::uint32_t i = 1; i < product_index::views_to_own; ++i) CHECK(index.view("a", "")->entry == shared);
  const auto own = index.view("a", "")->entry;
  CHECK(own != shared);
  CHECK(own->body.view() == shared->body.view());
  CHECK(index.view("a", "")->entry == own);
  (void)index.take_views(1);
  CHECK(index.view("a", "")->entry == own);

  const auto changed = entry_of(sample("a"), 2);
  index.apply({list_of({changed})});
  CHECK(index.view("a", "")->entry->product.version() == 2);
}

TEST_CASE("A replica makes a bounded number of copies", "[unit]") {
  product_index index;
  std::vector<entry_ptr> entries;
  for (std::size_t i = 0; i < product_index::most_own + 10; ++i)
    entries.push_back(entry_of(sample(std::to_string(i))));
  index.load({list_of(entries)});
  for (const auto& entry : entries) {
    for (std::uint32_t i = 0; i < product_index::views_to_own; ++i) (void)index.view(entry->product.id(), "");
  }
  const auto copied = std::count_if(entries.begin(), entries.end(), [&](const entry_ptr& entry) {
    return index.view(entry->product.id(), "")->entry != entry;
  });
  CHECK(static_cast<std::size_t>(copied) == product_index::most_own);
}

TEST_CASE("C-23: ids that collide in the standard hash are found as fast as others, loaded or put", "[unit]") {
  const auto ids = troupe::base::test::colliding_texts::make(1000);
  std::vector<entry_ptr> entries;
  for (const auto& id : ids) entries.push_back(entry_of(sample(id)));
  product_index loaded;
  loaded.load({list_of(entries)});
  CHECK(loaded.size() == ids.size());
  CHECK(loaded.longest_look_up() <= 16);
  product_index put;
  for (const auto& entry : entries) put.apply({list_of({entry})});
  CHECK(put.size() == ids.size());
  CHECK(put.longest_look_up() <= 16);
}
