#include "services/catalog/product_page.hpp"

#include "platform/json/message.hpp"
#include "services/catalog/page_token.hpp"
#include "tests/services/catalog/samples.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::catalog;
using test::entry_of;
using test::list_of;
using test::sample;

namespace {

using strings = std::vector<std::string>;

std::string text_of(const product_index& index, std::int32_t size, const std::string& token = {}) {
  v1::SearchProductsRequest request;
  request.set_page_size(size);
  request.set_page_token(token);
  const auto plan = plan_search(request);
  REQUIRE(plan.has_value());
  return std::string(page_of(index, *plan).view());
}

struct page {
  page(const product_index& index, std::int32_t size, const std::string& token = {}) {
    const auto read = boost::json::parse(text_of(index, size, token)).as_object();
    for (const auto& item : read.at("items").as_array()) ids.emplace_back(item.at("id").as_string());
    next = read.at("next_page_token").as_string();
  }
  strings ids;
  std::string next;
};

strings all_pages(const product_index& index, std::int32_t size) {
  strings out;
  std::string token;
  for (int pages = 0; pages < 1000; ++pages) {
    const page one(index, size, token);
    out.insert(out.end(), one.ids.begin(), one.ids.end());
    token = one.next;
    if (token.empty()) break;
    CHECK(one.ids.size() == static_cast<std::size_t>(size));
  }
  return out;
}

} // namespace

TEST_CASE("The pages of all products hold each once, by id, whatever their size", "[unit]") {
  product_index index;
  strings by_id;
  std::vector<entry_ptr> entries;
  for (int i = 0; i < 137; ++i) {
    by_id.push_back("P" + std::to_string(i * 7919 % 1000));
    entries.push_back(entry_of(sample(by_id.back(), "a \"name\" \xE2\x80\x93 of some kind", i)));
  }
  std::sort(by_id.begin(), by_id.end());
  index.load({list_of(entries)});
  for (const std::int32_t size : {1, 7, 68, 69, 100}) CHECK(all_pages(index, size) == by_id);
}

TEST_CASE("A page of all products is the text of a reply like the search's", "[unit]") {
  const std::vector<entry_ptr> entries{entry_of(sample("a", "a \"name\" \xE2\x80\x93")), entry_of(sample("b", "b", 0)), entry_of(sample("c"))};
  product_index index;
  index.load({list_of(entries)});
  v1::SearchProductsReply reply;
  *reply.add_items() = entries[0]->product;
  *reply.add_items() = entries[1]->product;
  reply.set_next_page_token(make_page_token("", "b"));
  CHECK(text_of(index, 2) == json::encode(reply));
  *reply.add_items() = entries[2]->product;
  reply.clear_next_page_token();
  CHECK(text_of(index, 3) == json::encode(reply));
}

TEST_CASE("A last page of all products that is full has no next page, and without products there is one that is empty", "[unit]") {
  product_index index;
  CHECK(page(index, 2).next.empty());
  CHECK(page(index, 2).ids.empty());
  index.load({list_of({entry_of(sample("a")), entry_of(sample("b")), entry_of(sample("c")), entry_of(sample("d"))})});
  const page first(index, 2);
  REQUIRE_FALSE(first.next.empty());
  const page last(index, 2, first.next);
  CHECK(last.ids == strings{"c", "d"});
  CHECK(last.next.empty());
  CHECK(page(index, 2, make_page_token("", "d")).ids.empty());
}

TEST_CASE("The pages of all products leave nothing out while products are added", "[unit]") {
  product_index index;
  index.load({list_of({entry_of(sample("b")), entry_of(sample("d")), entry_of(sample("f"))})});
  const page first(index, 2);
  index.apply({list_of({entry_of(sample("a")), entry_of(sample("e"))})}); // one before the position: it would shift a page that counts
  CHECK(page(index, 2, first.next).ids == strings{"e", "f"});
}
