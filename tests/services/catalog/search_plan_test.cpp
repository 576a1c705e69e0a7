#include "services/catalog/page_token.hpp"
#include "services/catalog/search_plan.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

using namespace troupe::catalog;
using sort = search_plan::sort;

namespace {

v1::SearchProductsRequest request_of(std::string query, std::string token = {}, std::int32_t size = 20) {
  v1::SearchProductsRequest request;
  request.set_query(std::move(query));
  request.set_page_token(std::move(token));
  request.set_page_size(size);
  return request;
}

} // namespace

TEST_CASE("A query becomes quoted terms, the last of which may be the beginning of a word", "[unit]") {
  const std::vector<std::pair<std::string, std::string>> examples{
      {"heart", R"("heart"*)"},
      {"  red   heart ", R"("red" "heart"*)"},
      {"T-LIGHT", R"("T" "LIGHT"*)"},
      {"a AND b OR NOT c", R"("a" "AND" "b" "OR" "NOT" "c"*)"},
      {R"("heart" OR name:x)", R"("heart" "OR" "name" "x"*)"},
      {"NEAR(a b, 2)", R"("NEAR" "a" "b" "2"*)"},
      {"'; DROP TABLE products;--", R"("DROP" "TABLE" "products"*)"},
      {"caf\xC3\xA9*", "\"caf\xC3\xA9\"*"},
      {"^a {b} + (c)", R"("a" "b" "c"*)"},
  };
  for (const auto& [query, expression] : examples) {
    const auto plan = plan_search(request_of(query));
    CAPTURE(query);
    REQUIRE(plan.has_value());
    CHECK(plan->kind == sort::matching);
    CHECK(plan->expression == expression);
  }
}

TEST_CASE("A blank query lists everything and one without letters matches nothing", "[unit]") {
  for (const std::string blank : {"", " ", "\t\n "})
    CHECK(plan_search(request_of(blank))->kind == sort::listing);
  for (const std::string mark : {"\"", "*", "-- ;", "()", "'"})
    CHECK(plan_search(request_of(mark))->kind == sort::nothing);
}

TEST_CASE("A search outside its bounds is refused with the parameter's name", "[unit]") {
  const std::vector<std::pair<v1::SearchProductsRequest, std::string>> examples{
      {request_of(std::string(201, 'a')), "q:"},
      {request_of("a b c d e f g h i j k"), "q:"},
      {request_of("\xFF"), "q:"},
      {request_of(std::string("a\0b", 3)), "q:"},
      {request_of("", "", 0), "page_size:"},
      {request_of("", "", -5), "page_size:"},
      {request_of("", "", 101), "page_size:"},
      {request_of("", "garbage"), "page_token:"},
      {request_of("heart", "AAAAAAAAAAAAAAA"), "page_token:"},
      {request_of("heart", make_page_token("other", "20")), "page_token:"},
      // Well sealed, by somebody who computes fingerprints: still no position that a page has.
      {request_of("heart", make_page_token("heart", "-1")), "page_token:"},
      {request_of("heart", make_page_token("heart", "0")), "page_token:"},
      {request_of("heart", make_page_token("heart", "20x")), "page_token:"},
      {request_of("heart", make_page_token("heart", "99999999999999999999")), "page_token:"},
      {request_of("", make_page_token("", "a/b")), "page_token:"},
      {request_of("", make_page_token("", "")), "page_token:"},
  };
  for (const auto& [request, parameter] : examples) {
    const auto plan = plan_search(request);
    CAPTURE(request.ShortDebugString());
    REQUIRE(plan.has_error());
    CHECK(plan.error().code == troupe::base::errc::invalid_argument);
    CHECK(plan.error().detail.find(parameter) == 0);
  }
  CHECK(plan_search(request_of(std::string(200, 'a'), "", 100)).has_value());
  CHECK(plan_search(request_of("a b c d e f g h i j", "", 1)).has_value());
}

TEST_CASE("A token says where the page begins", "[unit]") {
  CHECK(plan_search(request_of("heart", make_page_token("heart", "40")))->offset == 40);
  CHECK(plan_search(request_of(" heart ", make_page_token("heart", "40")))->offset == 40);
  CHECK(plan_search(request_of("", make_page_token("", "85123A")))->after_id == "85123A");
}
