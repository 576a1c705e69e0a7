#include "services/catalog/page_token.hpp"
#include "services/catalog/search_plan.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

using namespace troupe::catalog;

namespace {

v1::SearchProductsRequest request_of(std::string query, std::string token = {}, std::int32_t size = 20) {
  v1::SearchProductsRequest request;
  request.set_query(std::move(query));
  request.set_page_token(std::move(token));
  request.set_page_size(size);
  return request;
}

} // namespace

TEST_CASE("A query keeps its text, without the blanks around it", "[unit]") {
  for (const std::string blank : {"", " ", "\t\n "}) CHECK(plan_search(request_of(blank))->query.empty());
  CHECK(plan_search(request_of("  red   \"heart\"* "))->query == "red   \"heart\"*");
}

TEST_CASE("A search outside its bounds is refused with the parameter's name", "[unit]") {
  const std::vector<std::pair<v1::SearchProductsRequest, std::string>> examples{
      {request_of(std::string(201, 'a')), "q:"},
      {request_of("\xFF"), "q:"},
      {request_of(std::string("a\0b", 3)), "q:"},
      {request_of("", "", 0), "page_size:"},
      {request_of("", "", -5), "page_size:"},
      {request_of("", "", 101), "page_size:"},
      {request_of("", "garbage"), "page_token:"},
      {request_of("heart", "AAAAAAAAAAAAAAA"), "page_token:"},
      {request_of("heart", make_page_token("other", "0.20")), "page_token:"},
      // Well sealed, by somebody who computes fingerprints: still no position that a page has.
      {request_of("heart", make_page_token("heart", "")), "page_token:"},
      {request_of("heart", make_page_token("heart", "20")), "page_token:"},
      {request_of("heart", make_page_token("heart", "0.")), "page_token:"},
      {request_of("heart", make_page_token("heart", ".20")), "page_token:"},
      {request_of("heart", make_page_token("heart", "0.-1")), "page_token:"},
      {request_of("heart", make_page_token("heart", "-1.0")), "page_token:"},
      {request_of("heart", make_page_token("heart", "0.20x")), "page_token:"},
      {request_of("heart", make_page_token("heart", "0.1000")), "page_token:"},
      {request_of("heart", make_page_token("heart", "99999999999999999999.0")), "page_token:"},
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
}

TEST_CASE("A token says where the page begins", "[unit]") {
  for (const std::string query : {"heart", " heart "}) {
    const auto plan = plan_search(request_of(query, make_page_token("heart", matches_position(3000, 40))));
    CHECK(plan->after_number == 3000);
    CHECK(plan->offset == 40);
  }
  CHECK(plan_search(request_of("", make_page_token("", "85123A")))->after_id == "85123A");
}
