#include "services/catalog/product_store.hpp"
#include "tests/platform/base/colliding_texts.hpp"
#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::catalog;
using base::errc;
using test::put_of;
using test::sample;
using test::temporary_directory;

namespace {

constexpr base::unix_micros now = 1'795'341'600'000'000;

/// One write and its commit.
base::result<stored_product> write(product_store& store, const v1::PutProductRequest& request) {
  if (auto begun = store.begin(); begun.has_error()) return begun.error();
  auto stored = store.put(request, now);
  if (auto done = store.commit(); done.has_error()) return done.error();
  return stored;
}

entry_ptr find(product_store& store, std::string_view id) {
  const auto all = store.all();
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const entry_ptr& entry) { return entry->product.id() == id; });
  return found == all->end() ? nullptr : *found;
}

/// What another process does to the file.
void meddle(const temporary_directory& dir, std::string_view sql) {
  auto other = store::database::open(store_file(dir.path()), store::database::access::read_write);
  REQUIRE(other.has_value());
  REQUIRE(other->execute(sql).has_value());
}

} // namespace

TEST_CASE("A product is created with version 1 and replaced with the next", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  REQUIRE(store.has_value());
  CHECK(store->size() == 0);
  auto client_says = sample("85123A");
  client_says.set_version(99);
  client_says.set_updated_at("1999");
  const auto created = write(*store, put_of(client_says));
  REQUIRE(created.has_value());
  CHECK(created->created);
  CHECK(created->entry->product.version() == 1);
  CHECK(created->entry->product.updated_at() == base::to_rfc3339(now));
  const auto replaced = write(*store, put_of(sample("85123A", "NEW NAME")));
  REQUIRE(replaced.has_value());
  CHECK_FALSE(replaced->created);
  CHECK(replaced->entry->product.version() == 2);
  CHECK(store->size() == 1);
  CHECK(find(*store, "85123A")->product.name() == "NEW NAME");
}

TEST_CASE("What was committed is there after a reopen, byte by byte", "[unit]") {
  const temporary_directory dir;
  std::string body;
  {
    auto store = product_store::open(dir.path());
    auto product = sample("caf\xC3\xA9 1", "na\xC3\xAFve 'quoted' \"name\"", 1'000'000'000'000);
    product.set_description("a\tb\r\nc");
    product.set_stock(7);
    REQUIRE(write(*store, put_of(product)).has_value());
    const auto stored = write(*store, put_of(product));
    REQUIRE(stored.has_value());
    body = stored->entry->body.view();
  }
  auto store = product_store::open(dir.path());
  REQUIRE(store.has_value());
  REQUIRE(store->size() == 1);
  CHECK(store->all()->front()->body.view() == body);
  CHECK(store->all()->front()->product.version() == 2);
}

TEST_CASE("RFC 9110 section 13: a write whose condition does not hold changes nothing", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  CHECK(write(*store, put_of(sample("a"), "*")).error().code == errc::precondition_failed);
  CHECK(write(*store, put_of(sample("a"), "\"v1-0\"")).error().code == errc::precondition_failed);
  CHECK(store->size() == 0);
  const auto first = write(*store, put_of(sample("a"), "", "*"));
  REQUIRE(first.has_value());
  const std::string tag(first->entry->etag());
  CHECK(write(*store, put_of(sample("a"), "", "*")).error().code == errc::precondition_failed);
  CHECK(write(*store, put_of(sample("a"), "", tag)).error().code == errc::precondition_failed);
  CHECK(write(*store, put_of(sample("a"), "\"v1-0\"")).error().code == errc::precondition_failed);
  CHECK(write(*store, put_of(sample("a"), "W/" + tag)).error().code == errc::precondition_failed);
  CHECK(find(*store, "a")->product.version() == 1);
  CHECK(write(*store, put_of(sample("a"), tag))->entry->product.version() == 2);
  CHECK(write(*store, put_of(sample("a"), tag)).error().code == errc::precondition_failed);
  CHECK(write(*store, put_of(sample("a"), "*", "\"other\""))->entry->product.version() == 3);
}

TEST_CASE("Writes of one transaction see each other and count when it is committed", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  REQUIRE(store->begin().has_value());
  const auto first = store->put(put_of(sample("a", "one")), now);
  REQUIRE(first.has_value());
  CHECK(store->put(put_of(sample("a", "two"), std::string(first->entry->etag())), now)
            ->entry->product.version() == 2);
  CHECK(store->put(put_of(sample("a", "three"), std::string(first->entry->etag())), now).has_error());
  CHECK(store->put(put_of(sample("b")), now)->created);
  CHECK(store->size() == 0);
  CHECK(store->all()->empty());
  const auto changed = store->commit();
  REQUIRE(changed.has_value());
  CHECK((*changed)->size() == 2);
  CHECK(store->size() == 2);
  CHECK(find(*store, "a")->product.name() == "two");
}

TEST_CASE("A batch says how many it has made and replaced", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  REQUIRE(write(*store, put_of(sample("a"))).has_value());
  REQUIRE(store->begin().has_value());
  const auto reply = store->put_all(test::batch_of({sample("a"), sample("b"), sample("c")}), now);
  REQUIRE(reply.has_value());
  CHECK(reply->created() == 2);
  CHECK(reply->updated() == 1);
  REQUIRE(store->commit().has_value());
  CHECK(find(*store, "a")->product.version() == 2);
  CHECK(find(*store, "c")->product.version() == 1);
}

TEST_CASE("A full catalogue refuses new products and goes on replacing those it has", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path(), 2);
  REQUIRE(write(*store, put_of(sample("a"))).has_value());
  REQUIRE(store->begin().has_value());
  // Nothing of a batch that does not fit.
  CHECK(store->put_all(test::batch_of({sample("a"), sample("b"), sample("c")}), now).error().code ==
        errc::unavailable);
  CHECK(store->put(put_of(sample("b")), now).has_value());
  CHECK(store->put(put_of(sample("c")), now).error().code == errc::unavailable);
  CHECK(store->put(put_of(sample("b")), now)->entry->product.version() == 2);
  REQUIRE(store->commit().has_value());
  CHECK(store->size() == 2);
  CHECK(find(*store, "a")->product.version() == 1);
  CHECK(write(*store, put_of(sample("a"))).has_value());
  CHECK(write(*store, put_of(sample("d"))).error().detail.find("the catalog is full") == 0);
}

TEST_CASE("When a statement fails nothing of its transaction counts, and the next one works", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  REQUIRE(write(*store, put_of(sample("old"))).has_value());
  meddle(dir, "CREATE TRIGGER refuse BEFORE INSERT ON products WHEN new.id = 'bad' BEGIN SELECT RAISE(ABORT, "
              "'no'); END");
  REQUIRE(store->begin().has_value());
  CHECK(store->put(put_of(sample("good")), now).has_value());
  CHECK(store->put(put_of(sample("bad")), now).has_error());
  CHECK(store->put(put_of(sample("later")), now).has_error());
  CHECK(store->put_all(test::batch_of({sample("much later")}), now).has_error());
  CHECK(store->commit().has_error());
  CHECK(store->size() == 1);
  CHECK(write(*store, put_of(sample("next"))).has_value());
  auto reopened = product_store::open(dir.path());
  REQUIRE(reopened.has_value());
  CHECK(reopened->size() == 2);
  CHECK(find(*reopened, "next"));
}

TEST_CASE("What another process has committed is read before the next write", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  REQUIRE(write(*store, put_of(sample("a"))).has_value());
  CHECK(*store->refresh() == false);
  auto other = product_store::open(dir.path());
  REQUIRE(write(*other, put_of(sample("a", "by the other"))).has_value());
  REQUIRE(write(*other, put_of(sample("b"))).has_value());
  CHECK(*store->begin() == true);
  const auto third = store->put(put_of(sample("a", "by us")), now);
  REQUIRE(store->commit().has_value());
  CHECK(third->entry->product.version() == 3);
  CHECK(store->size() == 2);
  CHECK(*store->refresh() == false);
  CHECK(*other->refresh() == true);
  CHECK(find(*other, "a")->product.name() == "by us");
}

TEST_CASE("A store that cannot be opened says why", "[unit]") {
  const temporary_directory dir;
  const auto missing = product_store::open(dir.path() / "missing");
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == errc::unavailable);
  CHECK(missing.error().detail.find("catalog.sqlite") != std::string::npos);
}

TEST_CASE("C-23: ids that collide in the standard hash are staged, committed and loaded as fast as others", "[unit]") {
  const temporary_directory dir;
  auto store = product_store::open(dir.path());
  REQUIRE(store.has_value());
  REQUIRE(store->begin().has_value());
  constexpr std::size_t many = 1000;
  for (const auto& id : base::test::colliding_texts::make(many)) REQUIRE(store->put(put_of(sample(id)), now).has_value());
  CHECK(store->longest_look_up() <= 16); // staged
  REQUIRE(store->commit().has_value());
  CHECK(store->size() == many);
  CHECK(store->longest_look_up() <= 16);
  const auto again = product_store::open(dir.path());
  REQUIRE(again.has_value());
  CHECK(again->size() == many);
  CHECK(again->longest_look_up() <= 16);
}
