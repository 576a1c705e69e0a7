#include "services/catalog/bulk_load.hpp"
#include "services/catalog/model.hpp"
#include "services/catalog/page_token.hpp"
#include "services/catalog/product_search.hpp"
#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

using namespace troupe;
using namespace troupe::catalog;
using test::sample;
using test::temporary_directory;

namespace {

/// A store with some products, and a search in it.
struct searched_store {
  explicit searched_store(std::initializer_list<v1::Product> products) : searched_store() {
    for (const auto& product : products) add(product);
  }
  searched_store() { open(); }
  /// One that is there, and may be of an earlier version.
  explicit searched_store(std::filesystem::path there) : at(std::move(there)) { open(); }

  void open() {
    REQUIRE(bulk_load::open(at).has_value()); // makes the store, or brings it up to date
    auto opened = product_search::open(at);
    REQUIRE(opened.has_value());
    search.emplace(std::move(*opened));
  }

  void add(const v1::Product& product) const {
    auto load = bulk_load::open(at);
    REQUIRE(load.has_value());
    REQUIRE(load->add(product).has_value());
    REQUIRE(load->finish().has_value());
  }

  v1::SearchProductsReply page(const std::string& query, std::int32_t size = 100,
                               const std::string& token = {}) {
    v1::SearchProductsRequest request;
    request.set_query(query);
    request.set_page_size(size);
    request.set_page_token(token);
    const auto plan = plan_search(request);
    CAPTURE(query, token);
    REQUIRE(plan.has_value());
    const auto reply = search->run(*plan);
    REQUIRE(reply.has_value());
    return *reply;
  }

  std::vector<std::string> ids(const std::string& query) {
    std::vector<std::string> out;
    const auto reply = page(query);
    for (const auto& item : reply.items()) out.push_back(item.id());
    return out;
  }

  /// The ids on all pages, in their order.
  std::vector<std::string> all_pages(const std::string& query, std::int32_t size) {
    std::vector<std::string> out;
    std::string token;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto reply = page(query, size, token);
      CHECK(reply.items_size() <= size);
      for (const auto& item : reply.items()) out.push_back(item.id());
      token = reply.next_page_token();
      if (token.empty()) break;
      CHECK(reply.items_size() == size);
    }
    return out;
  }

  /// Compares the index with the table. Source: https://www.sqlite.org/fts5.html section 6.4.
  void check_index() const {
    auto checked = store::database::open(store_file(at), store::database::access::read_write);
    CHECK(checked->execute("INSERT INTO product_texts(product_texts, rank) VALUES('integrity-check', 1)").has_value());
  }

  temporary_directory dir;
  std::filesystem::path at = dir.path();
  std::optional<product_search> search;
};

using strings = std::vector<std::string>;

v1::Product described(std::string id, std::string name, std::string description) {
  auto product = sample(std::move(id), std::move(name));
  product.set_description(std::move(description));
  return product;
}

} // namespace

TEST_CASE("A search finds words of id, name and description, whatever their case", "[unit]") {
  searched_store store{sample("85123A", "WHITE HANGING HEART T-LIGHT HOLDER"),
                       sample("22423", "REGENCY CAKESTAND 3 TIER"),
                       described("84879", "ASSORTED COLOUR BIRD ORNAMENT", "hangs on a heart-shaped hook"),
                       sample("CAF1", "Caf\xC3\xA9 sign")};
  CHECK(store.ids("cakestand") == strings{"22423"});
  CHECK(store.ids("heart") == strings{"85123A", "84879"}); // a name says more than a description
  CHECK(store.ids("hanging heart") == strings{"85123A"});
  CHECK(store.ids("HEART hangs") == strings{"84879"});
  CHECK(store.ids("HEART hang") == strings{"85123A"});
  CHECK(store.ids("85123a") == strings{"85123A"});
  CHECK(store.ids("t-light") == strings{"85123A"});
  CHECK(store.ids("cafe") == strings{"CAF1"});
  CHECK(store.ids("caf\xC3\xA9") == strings{"CAF1"});
  CHECK(store.ids("nothing").empty());
  CHECK(store.ids("heart cakestand").empty());
}

TEST_CASE("Only the last word of a query may be a beginning", "[unit]") {
  searched_store store{sample("1", "red heart"), sample("2", "redder hearts")};
  CHECK(store.ids("red hear") == strings{"1"});
  CHECK(store.ids("hear") == strings{"1", "2"});
  CHECK(store.ids("h") == strings{"1", "2"});
  CHECK(store.ids("hear red").empty());
}

TEST_CASE("The words of a description are found whole, those of id and name by what they begin with too", "[unit]") {
  searched_store store{described("AB12-34", "hanging hearts", "of porcelain, hangs in windows"), described("2", "porcelain bird", "")};
  CHECK(store.ids("ab1") == strings{"AB12-34"});
  CHECK(store.ids("3") == strings{"AB12-34"});
  CHECK(store.ids("han") == strings{"AB12-34"});
  CHECK(store.ids("window").empty());
  CHECK(store.ids("windows") == strings{"AB12-34"});
  CHECK(store.ids("windows hea") == strings{"AB12-34"});
  CHECK(store.ids("porcelai") == strings{"2"});
  CHECK(store.ids("porcelain") == strings{"2", "AB12-34"});
}

TEST_CASE("Of a description the first two thousand characters are searched", "[unit]") {
  const std::string before(1990, '.');
  searched_store store{described("1", "name", before + " porcelain"), described("2", "name", before + " stone. porcelain"),
                       described("3", "name", "porcelain " + before + "window")};
  CHECK(store.ids("porcelain") == strings{"1", "3"});
  CHECK(store.ids("stone") == strings{"2"});
  CHECK(store.ids("window").empty());
  store.add(described("3", "name", "porcelain " + before + "door")); // what is searched stays as it was
  CHECK(store.page("porcelain").items(1).description() == "porcelain " + before + "door");
  store.check_index();
}

TEST_CASE("Of a name the first forty beginnings are found, of an id twenty, and all words whole", "[unit]") {
  const std::string thirty_eight = "abcdefghijklmnopqrs tuvwxyzabcdefghijkl"; // letters of words
  searched_store store{sample("1234567890-abcdefghi-xyz", thirty_eight + " heart")};
  const strings found{"1234567890-abcdefghi-xyz"};
  CHECK(store.ids("he") == found);
  CHECK(store.ids("hea").empty());
  CHECK(store.ids("heart") == found);
  CHECK(store.ids("123") == found);
  CHECK(store.ids("x") == found);
  CHECK(store.ids("xy").empty());
  CHECK(store.ids("xyz") == found);
  store.check_index();
}

TEST_CASE("A product ranks before one as long whose name mentions its id", "[unit]") {
  searched_store store{sample("85123A", "holder for hearts"), sample("2", "refill for 85123A")};
  CHECK(store.ids("85123a") == strings{"85123A", "2"});
}

TEST_CASE("A whole word ranks before one that only begins so", "[unit]") {
  searched_store store{sample("1", "hearts"), sample("2", "heart of porcelain")}; // though it is the longer text
  CHECK(store.ids("heart") == strings{"2", "1"});
}

TEST_CASE("An item of a search is the whole product", "[unit]") {
  searched_store store;
  auto product = described("a", "name", "description");
  product.set_stock(5);
  store.add(product);
  const auto reply = store.page("name");
  REQUIRE(reply.items_size() == 1);
  CHECK(same_content(reply.items(0), product));
  CHECK(reply.items(0).version() == 1);
  CHECK(reply.items(0).updated_at().size() == 27);
  CHECK(reply.next_page_token().empty());
}

TEST_CASE("No query is read as SQL or as an FTS5 expression", "[unit]") {
  searched_store store{sample("1", "plain heart"), sample("2", "AND OR NOT NEAR"),
                       sample("3", "it's \"quoted\" 100% *star*")};
  const std::vector<std::pair<std::string, strings>> examples{
      {"heart' OR '1'='1", {}},
      {"heart'; DROP TABLE products; --", {}},
      {"name:heart", {}},
      {"id : 1", {}},
      {"heart OR star", {}},
      {"NOT heart", {}},
      {"not near", {"2"}},
      {"AND", {"2"}},
      {"NEAR(heart plain)", {}},
      {"^heart", {"1"}},
      {"heart*", {"1"}},
      {"\"heart", {"1"}},
      {"heart\"", {"1"}},
      {"\"\"\"heart\"\"\"", {"1"}},
      {"(heart", {"1"}},
      {"{name}: heart", {}},
      {"- heart", {"1"}},
      {"plain + heart", {"1"}},
      {"100%", {"3"}},
      {"%", {}},
      {"_", {}},
      {"heart\\", {"1"}},
      {"it's", {"3"}},
      {"\xE2\x80\x9Cheart\xE2\x80\x9D", {"1"}}, // typographic quotes are no letters to the index
      {"\xE2\x80\x93", {}},                     // nor is a dash, alone
      {"plain \xE2\x80\x93 heart", {"1"}},
  };
  for (const auto& [query, expected] : examples) {
    CAPTURE(query);
    CHECK(store.ids(query) == expected);
  }
  CHECK(store.page("").items_size() == 0); // all products are not the search's
}

TEST_CASE("The pages of a search hold every match once, in one order", "[unit]") {
  searched_store store;
  auto load = bulk_load::open(store.dir.path());
  strings by_id;
  for (int i = 0; i < 137; ++i) {
    const auto id = "P" + std::to_string(i * 7919 % 1000);
    by_id.push_back(id);
    // Some texts are equal, so that many matches rank the same; longer ones rank lower.
    REQUIRE(load->add(sample(id, i % 3 == 0 ? "red heart" : "red heart number " + std::to_string(i % 5)))
                .has_value());
  }
  REQUIRE(load->add(sample("Q", "blue star")).has_value());
  REQUIRE(load->finish().has_value());
  std::sort(by_id.begin(), by_id.end());

  const auto once = store.all_pages("heart", 100);
  CHECK(once.size() == 137);
  for (const std::int32_t size : {1, 7, 20, 68, 100}) CHECK(store.all_pages("heart", size) == once);
  auto sorted = once;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == by_id);
}

TEST_CASE("Matches are ranked by the thousand, and the pages of all blocks hold every match once", "[unit]") {
  searched_store store;
  auto load = bulk_load::open(store.dir.path());
  // The best match is the last of its block, so a page that held it first would show where blocks end.
  for (int i = 0; i < 2000; ++i) {
    const bool is_last_of_block = i % 1000 == 999;
    REQUIRE(load->add(sample("P" + std::to_string(10'000 + i), is_last_of_block ? "heart" : "a heart of wood")).has_value());
  }
  REQUIRE(load->finish().has_value());

  std::string token;
  strings ids;
  std::vector<int> sizes;
  do {
    const auto reply = store.page("heart", 70, token);
    sizes.push_back(reply.items_size());
    for (const auto& item : reply.items()) ids.push_back(item.id());
    token = reply.next_page_token();
  } while (!token.empty() && sizes.size() < 100);
  REQUIRE(ids.size() == 2000);
  CHECK(ids[0] == "P10999");
  CHECK(ids[1] == "P10000");
  CHECK(ids[1000] == "P11999");
  CHECK(ids[1001] == "P11000");
  CHECK(sizes.size() == 30); // twice fourteen full ones, and one of twenty
  CHECK(sizes[14] == 20);
  CHECK(sizes[29] == 20); // and after the last match, though it fills its block, there is no page
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("The last word may be the beginning of one if it has at most twenty characters", "[unit]") {
  const std::string twenty = "abcdefghijklmnopqrs\xC3\xA9"; // 21 bytes
  searched_store store{sample("1", twenty + "uvw")};
  CHECK(store.ids(twenty) == strings{"1"});
  CHECK(store.ids(twenty + "u").empty());
  CHECK(store.ids(twenty + "uvw") == strings{"1"});
}

TEST_CASE("A query of more than ten words is refused, whatever parts them", "[unit]") {
  searched_store store{sample("1", "a b c d e f g h i j k")};
  v1::SearchProductsRequest request;
  request.set_page_size(20);
  for (const std::string between : {" ", "-", "\xE2\x80\x93"}) { // an en dash
    std::string query = "a";
    for (const char* letter : {"b", "c", "d", "e", "f", "g", "h", "i", "j"}) query += between + letter;
    CHECK(store.ids(query) == strings{"1"});
    request.set_query(query + between + "k");
    const auto refused = store.search->run(*plan_search(request));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == base::errc::invalid_argument);
    CHECK(refused.error().detail.find("q:") == 0);
  }
}

TEST_CASE("Words that a character of no letter parts are words of their own", "[unit]") {
  searched_store store{sample("1", "holder of hearts")};
  CHECK(store.ids("hearts\xE2\x80\x93holder") == strings{"1"}); // not a phrase
}

TEST_CASE("A store of an earlier version is indexed anew, with what it holds", "[unit]") {
  constexpr std::array<store::migration, 2> earlier{{{1, R"sql(
    CREATE TABLE products(
      number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL,
      amount_minor INTEGER NOT NULL CHECK(amount_minor >= 0), currency TEXT NOT NULL,
      stock INTEGER NOT NULL CHECK(stock >= 0), version INTEGER NOT NULL CHECK(version >= 1),
      updated_at TEXT NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE product_texts USING fts5(
      id, name, description,
      content='products', content_rowid='number', tokenize='unicode61 remove_diacritics 2', prefix='1 2 3'
    );
    CREATE TRIGGER product_texts_insert AFTER INSERT ON products BEGIN
      INSERT INTO product_texts(rowid, id, name, description)
      VALUES(new.number, new.id, new.name, new.description);
    END;
    CREATE TRIGGER product_texts_delete AFTER DELETE ON products BEGIN
      INSERT INTO product_texts(product_texts, rowid, id, name, description)
      VALUES('delete', old.number, old.id, old.name, old.description);
    END;
    CREATE TRIGGER product_texts_update AFTER UPDATE ON products
    WHEN old.id <> new.id OR old.name <> new.name OR old.description <> new.description BEGIN
      INSERT INTO product_texts(product_texts, rowid, id, name, description)
      VALUES('delete', old.number, old.id, old.name, old.description);
      INSERT INTO product_texts(rowid, id, name, description)
      VALUES(new.number, new.id, new.name, new.description);
    END;
    INSERT INTO products VALUES
      (7, 'AB1', 'red hearts', 'of wood', 100, 'GBP', 3, 2, '2010-12-01T08:26:00.000000Z'),
      (9, 'C', 'long', printf('stone%.2000c porcelain', '.'), 100, 'GBP', 3, 2, '2010-12-01T08:26:00.000000Z');
  )sql"},
                                                     {2, R"sql(
    DROP TABLE product_texts;
    CREATE VIRTUAL TABLE product_texts USING fts5(
      id, name, description,
      content='products', content_rowid='number', tokenize='unicode61 remove_diacritics 2', prefix='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20'
    );
    INSERT INTO product_texts(product_texts) VALUES('rebuild');
  )sql"}}};
  const auto version = GENERATE(std::size_t{1}, std::size_t{2});
  const temporary_directory dir;
  {
    auto old = store::database::open(store_file(dir.path()), store::database::access::read_write);
    REQUIRE(old->migrate(std::span(earlier).first(version)).has_value());
  }
  searched_store store(dir.path());
  for (const std::string query : {"heart", "ab", "wood"}) CHECK(store.ids(query) == strings{"AB1"});
  CHECK(store.ids("stone") == strings{"C"});
  CHECK(store.ids("porcelain").empty());
  CHECK(store.page("heart").items(0).version() == 2);
  store.add(sample("AB1", "blue star"));
  CHECK(store.ids("heart").empty());
  CHECK(store.ids("star") == strings{"AB1"});
  store.check_index();
}

TEST_CASE("Equally good matches come in the order of their ids", "[unit]") {
  searched_store store{sample("c", "heart"), sample("a", "heart"), sample("b", "heart")};
  CHECK(store.ids("heart") == strings{"a", "b", "c"});
}

TEST_CASE("A last page that is full has no next page", "[unit]") {
  searched_store store{sample("a", "heart"), sample("b", "heart"), sample("c", "heart"),
                       sample("d", "heart")};
  const auto first = store.page("heart", 2);
  REQUIRE_FALSE(first.next_page_token().empty());
  const auto last = store.page("heart", 2, first.next_page_token());
  CHECK(last.items_size() == 2);
  CHECK(last.next_page_token().empty());
  CHECK(store.page("heart", 2, make_page_token("heart", "0.999")).items_size() == 0);
}

TEST_CASE("The index follows what is written", "[unit]") {
  searched_store store{sample("a", "red heart")};
  CHECK(store.ids("heart") == strings{"a"});
  store.add(sample("a", "blue star"));
  CHECK(store.ids("heart").empty());
  CHECK(store.ids("star") == strings{"a"});
  store.add(sample("a", "blue star", 999)); // the texts are the same
  CHECK(store.ids("star") == strings{"a"});
  store.add(described("a", "blue star", "of wood"));
  CHECK(store.ids("wood") == strings{"a"});
  store.check_index();
}

TEST_CASE("A search cannot be opened before its store is there", "[unit]") {
  const temporary_directory dir;
  CHECK(product_search::open(dir.path()).has_error());
}
