#include "platform/json/document.hpp"
#include "tests/services/catalog/running_catalog.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::catalog;
using test::field_of;
using test::running_catalog;

namespace {

constexpr std::string_view heart =
    R"({"name":"WHITE HANGING HEART","price":{"amount_minor":255,"currency":"GBP"}})";

boost::json::object object_of(const http::response& response) {
  auto parsed = json::parse(response.body.view());
  CAPTURE(std::string(response.body.view()));
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->is_object());
  return parsed->as_object();
}

std::string detail_of(const http::response& response) {
  CHECK(response.content_type == "application/problem+json");
  return std::string(object_of(response).at("detail").as_string());
}

std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

} // namespace

TEST_CASE("A product that was put is got, with its tag", "[unit]") {
  running_catalog catalog;
  const auto created = catalog.put("/v1/products/85123A", heart);
  CHECK(created.status == 201);
  CHECK(created.content_type == "application/json");
  CHECK(field_of(created, "Location") == "/v1/products/85123A");
  const auto tag = field_of(created, "ETag");
  CHECK(tag.substr(0, 4) == "\"v1-");

  for (int replica = 0; replica < 2; ++replica) {
    const auto got = catalog.get("/v1/products/85123A");
    CHECK(got.status == 200);
    CHECK(got.content_type == "application/json");
    CHECK(got.body.view() == created.body.view());
    CHECK(field_of(got, "ETag") == tag);
  }
  const auto product = object_of(created);
  CHECK(product.size() == 7);
  CHECK(product.at("id") == "85123A");
  CHECK(product.at("name") == "WHITE HANGING HEART");
  CHECK(product.at("description") == "");
  CHECK(product.at("price").at("amount_minor") == 255);
  CHECK(product.at("price").at("currency") == "GBP");
  CHECK(product.at("stock") == 0);
  CHECK(product.at("version") == 1);
  CHECK(text_of(product.at("updated_at")).size() == 27);

  const auto replaced = catalog.put("/v1/products/85123A", heart);
  CHECK(replaced.status == 200);
  CHECK(field_of(replaced, "Location").empty());
  CHECK(field_of(replaced, "ETag") != tag);
  CHECK(catalog.get("/v1/products/85123A").body.view() == replaced.body.view());
}

TEST_CASE("A product that is not there is not found", "[unit]") {
  running_catalog catalog;
  CHECK(catalog.get("/v1/products/85123A").status == 404);
  CHECK(catalog.get("/v1/products/" + std::string(3000, 'x')).status == 404);
  CHECK(catalog.get("/v1/products/85123A", {{"If-None-Match", "*"}}).status == 404);
}

TEST_CASE("RFC 9110 section 13.1.2: a client that has the product is answered 304 with the tag and no body",
          "[unit]") {
  running_catalog catalog;
  const auto tag = field_of(catalog.put("/v1/products/a", heart), "ETag");
  for (const auto& value : {tag, "W/" + tag, std::string("*"), "\"x\", " + tag}) {
    const auto got = catalog.get("/v1/products/a", {{"if-none-match", value}});
    CAPTURE(value);
    CHECK(got.status == 304);
    CHECK(got.body.empty());
    CHECK(got.content_type.empty());
    CHECK(field_of(got, "ETag") == tag);
  }
  CHECK(catalog.get("/v1/products/a", {{"If-None-Match", "\"x\""}, {"If-None-Match", tag}}).status == 304);
  CHECK(catalog.get("/v1/products/a", {{"If-None-Match", "\"x\""}}).status == 200);
  CHECK(catalog.get("/v1/products/a", {{"If-None-Match", ""}}).status == 200);
  CHECK(catalog.get("/v1/products/a", {{"If-None-Match", "garbage"}}).status == 200);
  CHECK(catalog.put("/v1/products/a", heart).status == 200);
  CHECK(catalog.get("/v1/products/a", {{"If-None-Match", tag}}).status == 200);
}

TEST_CASE("RFC 9110 section 13.1.1: a put for another version than the one there is refused", "[unit]") {
  running_catalog catalog;
  CHECK(catalog.put("/v1/products/a", heart, {{"If-Match", "*"}}).status == 412);
  const auto tag = field_of(catalog.put("/v1/products/a", heart, {{"If-None-Match", "*"}}), "ETag");
  CHECK_FALSE(tag.empty());
  CHECK(catalog.put("/v1/products/a", heart, {{"If-None-Match", "*"}}).status == 412);
  CHECK(catalog.put("/v1/products/a", heart, {{"If-Match", "\"v1-0\""}}).status == 412);
  const auto second = catalog.put("/v1/products/a", heart, {{"If-Match", tag}});
  CHECK(second.status == 200);
  const auto late = catalog.put("/v1/products/a", heart, {{"If-Match", tag}});
  CHECK(late.status == 412);
  CHECK(detail_of(late).find("If-Match") != std::string::npos);
  CHECK(field_of(catalog.get("/v1/products/a"), "ETag") == field_of(second, "ETag"));
}

TEST_CASE("An id in the body of a put may be left out and must else be the path's", "[unit]") {
  running_catalog catalog;
  const auto with_id = [](const std::string& id) {
    return R"({"id":")" + id + R"(","name":"n","price":{"amount_minor":1,"currency":"GBP"}})";
  };
  CHECK(catalog.put("/v1/products/a", with_id("a")).status == 201);
  const auto other = catalog.put("/v1/products/a", with_id("b"));
  CHECK(other.status == 400);
  CHECK(detail_of(other).find("id:") == 0);
  CHECK(catalog.get("/v1/products/b").status == 404);
}

TEST_CASE("An id with reserved characters travels encoded", "[unit]") {
  running_catalog catalog;
  const auto created = catalog.put("/v1/products/BANK%20CHARGES%3F%C3%A9", heart);
  CHECK(created.status == 201);
  CHECK(object_of(created).at("id") == "BANK CHARGES?\xC3\xA9");
  CHECK(field_of(created, "Location") == "/v1/products/BANK%20CHARGES%3F%C3%A9");
  CHECK(catalog.get(field_of(created, "Location")).body.view() == created.body.view());
}

TEST_CASE("C-55: a price that is no whole number of minor units is 422", "[unit]") {
  running_catalog catalog;
  for (const auto* amount : {"1.5", "1e2", "\"1\"", "-1", "1000000000001", "null"}) {
    CAPTURE(amount);
    const auto product = std::string(R"({"name":"n","price":{"amount_minor":)") + amount + R"(,"currency":"GBP"}})";
    const auto answer = catalog.put("/v1/products/a", product);
    CHECK(answer.status == 422);
    CHECK(detail_of(answer).find("price.amount_minor: must") == 0);
  }
}

TEST_CASE("A body that is not a product is refused with the reason", "[unit]") {
  running_catalog catalog;
  const std::vector<std::pair<std::string, std::string>> examples{
      {"", ""},
      {"null", ""},
      {"[]", ""},
      {"{", ""},
      {R"({"price":{"amount_minor":1,"currency":"GBP"}})", "name"},
      {R"({"name":"n"})", "price"},
      {R"({"name":"n","price":{"currency":"GBP"}})", "price.amount_minor"},
      {R"({"name":"n","price":{"amount_minor":1}})", "price.currency"},
      {R"({"name":"n","price":{"amount_minor":1,"currency":"gbp"}})", "price.currency"},
      {R"({"name":"n","price":{"amount_minor":1,"currency":"GB"}})", "price.currency"},
      {R"({"name":"","price":{"amount_minor":1,"currency":"GBP"}})", "name"},
      {R"({"name":"a\u0000b","price":{"amount_minor":1,"currency":"GBP"}})", "name"},
      {R"({"name":"n","stock":-1,"price":{"amount_minor":1,"currency":"GBP"}})", "stock"},
      {R"({"name":"n","stock":1000000001,"price":{"amount_minor":1,"currency":"GBP"}})", "stock"},
      {R"({"name":"n","version":1,"price":{"amount_minor":1,"currency":"GBP"}})", "version"},
      {R"({"name":"n","updated_at":"x","price":{"amount_minor":1,"currency":"GBP"}})", "updated_at"},
      {R"({"name":"n","colour":"x","price":{"amount_minor":1,"currency":"GBP"}})", "\"colour\""},
      {R"({"name":"n","name":"m","price":{"amount_minor":1,"currency":"GBP"}})", "name"},
  };
  for (const auto& [body, field] : examples) {
    const auto answer = catalog.put("/v1/products/a", body);
    CAPTURE(body);
    CHECK(answer.status == 400);
    const auto detail = detail_of(answer);
    CAPTURE(detail);
    CHECK(detail.find(field) == 0);
  }
  CHECK(catalog.put("/v1/products/" + std::string(65, 'x'), heart).status == 400);
  CHECK(catalog.put("/v1/products/a%01b", heart).status == 400);
  CHECK(object_of(catalog.get("/v1/products")).at("items").as_array().empty());
}

TEST_CASE("C-53: A body of another media type is refused before it is read", "[unit]") {
  running_catalog catalog;
  const auto put_as = [&](const running_catalog::field_list& fields) {
    return catalog.ask(http::method::put, "/v1/products/a", fields, heart).status;
  };
  CHECK(put_as({}) == 415);
  CHECK(put_as({{"Content-Type", ""}}) == 415);
  CHECK(put_as({{"Content-Type", "text/plain"}}) == 415);
  CHECK(put_as({{"Content-Type", "application/jsonp"}}) == 415);
  CHECK(put_as({{"Content-Type", "application/x-www-form-urlencoded"}}) == 415);
  CHECK(put_as({{"Content-Type", "application/json; charset=utf-16"}}) == 415);
  CHECK(put_as({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}) == 415);
  CHECK(catalog.get("/v1/products/a").status == 404);
  CHECK(put_as({{"content-type", "Application/JSON ; charset=utf-8"}}) == 201);
  const auto batch = catalog.ask(http::method::post, "/v1/products:batch", {}, R"({"ids":["a"]})");
  CHECK(batch.status == 415);
  CHECK(detail_of(batch).find("application/json") != std::string::npos);
}

TEST_CASE("A batch of ids is answered with what is there and what is missing", "[unit]") {
  running_catalog catalog;
  const auto a = catalog.put("/v1/products/a", heart);
  const auto b = catalog.put("/v1/products/b", heart);
  const auto got = catalog.post("/v1/products:batch", R"({"ids":["b","x\"y","a"]})");
  CHECK(got.status == 200);
  CHECK(got.content_type == "application/json");
  CHECK(got.body.view() == "{\"products\":[" + std::string(b.body.view()) + "," + std::string(a.body.view()) +
                               R"(],"missing":["x\"y"]})");
  CHECK(catalog.post("/v1/products:batch", R"({"ids":["x","y"]})").body.view() ==
        R"({"products":[],"missing":["x","y"]})");
}

TEST_CASE("A batch of products is written and counted", "[unit]") {
  running_catalog catalog;
  CHECK(catalog.put("/v1/products/a", heart).status == 201);
  const auto written = catalog.post("/v1/products:batch", R"({"products":[
      {"id":"a","name":"A","price":{"amount_minor":1,"currency":"GBP"}},
      {"id":"b","name":"B","price":{"amount_minor":2,"currency":"EUR"},"stock":3,"description":"d"}]})");
  CHECK(written.status == 200);
  CHECK(written.body.view() == R"({"created":1,"updated":1})");
  for (int replica = 0; replica < 2; ++replica) {
    CHECK(object_of(catalog.get("/v1/products/a")).at("version") == 2);
    CHECK(object_of(catalog.get("/v1/products/b")).at("stock") == 3);
  }
}

TEST_CASE("A batch must be one of its two kinds, within its bounds, and is done whole or not at all",
          "[unit]") {
  running_catalog catalog;
  const std::string product = R"({"id":"a","name":"A","price":{"amount_minor":1,"currency":"GBP"}})";
  const auto repeated = [](const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += (i > 0 ? "," : "") + text;
    return out;
  };
  const std::vector<std::string> refused{
      "{}",
      "[]",
      R"({"ids":[]})",
      R"({"products":[]})",
      R"({"ids":["a"],"products":[)" + product + "]}",
      R"({"ids":[)" + repeated("\"a\"", 101) + "]}",
      R"({"ids":[""]})",
      R"({"ids":[1]})",
      R"({"ids":"a"})",
      R"({"products":[)" + repeated(product, 501) + "]}",
      R"({"products":[)" + product + "," + product + "]}",
      R"({"products":[)" + product + R"(,{"name":"B","price":{"amount_minor":1,"currency":"GBP"}}]})",
      R"({"products":[)" + product +
          R"(,{"id":"a/b","name":"B","price":{"amount_minor":1,"currency":"GBP"}}]})",
  };
  for (const auto& body : refused) {
    CAPTURE(body.substr(0, 200));
    CHECK(catalog.post("/v1/products:batch", body).status == 400);
  }
  CHECK(catalog.get("/v1/products/a").status == 404);
  CHECK(catalog.post("/v1/products:batch", R"({"ids":[)" + repeated("\"a\"", 100) + "]}").status == 200);
  std::string all;
  for (int i = 0; i < 500; ++i) {
    all += (i > 0 ? "," : "") + (R"({"id":")" + std::to_string(i)) +
           R"(","name":"A","price":{"amount_minor":1,"currency":"GBP"}})";
  }
  CHECK(catalog.post("/v1/products:batch", R"({"products":[)" + all + "]}").body.view() ==
        R"({"created":500,"updated":0})");
}

TEST_CASE("A search is answered in pages that the token connects", "[unit]") {
  running_catalog catalog;
  for (const std::string id : {"a", "b", "c", "d", "e"})
    CHECK(catalog.put("/v1/products/" + id, heart).status == 201);
  for (const std::string query : {"", "&q=heart", "&q=white+hang", "&q=%20"}) {
    std::string ids;
    std::string token;
    int pages = 0;
    do {
      const auto answer =
          catalog.get("/v1/products?page_size=2" + query + (token.empty() ? "" : "&page_token=" + token));
      CAPTURE(query, token);
      REQUIRE(answer.status == 200);
      CHECK(answer.content_type == "application/json");
      const auto page = object_of(answer);
      CHECK(page.size() == 2);
      for (const auto& item : page.at("items").as_array()) ids += text_of(item.at("id"));
      token = text_of(page.at("next_page_token"));
    } while (!token.empty() && ++pages < 10);
    CHECK(ids == "abcde");
  }
  // An item is what GET answers.
  const auto items = object_of(catalog.get("/v1/products?q=heart&page_size=1")).at("items").as_array();
  REQUIRE(items.size() == 1);
  CHECK(items.front().as_object() == object_of(catalog.get("/v1/products/a")));
}

TEST_CASE("A page has 20 items unless it is asked otherwise", "[unit]") {
  running_catalog catalog;
  std::string products;
  for (int i = 0; i < 25; ++i) {
    products += (i > 0 ? "," : "") + (R"({"id":"p)" + std::to_string(i)) +
                R"(","name":"heart","price":{"amount_minor":1,"currency":"GBP"}})";
  }
  REQUIRE(catalog.post("/v1/products:batch", R"({"products":[)" + products + "]}").status == 200);
  CHECK(object_of(catalog.get("/v1/products")).at("items").as_array().size() == 20);
  CHECK(object_of(catalog.get("/v1/products?q=heart")).at("items").as_array().size() == 20);
  CHECK(object_of(catalog.get("/v1/products?q=heart&page_size=100")).at("items").as_array().size() == 25);
}

TEST_CASE("A search that cannot be understood is refused with the parameter's name", "[unit]") {
  running_catalog catalog;
  const auto token = text_of(object_of(catalog.get("/v1/products")).at("next_page_token"));
  CHECK(token.empty());
  const std::vector<std::pair<std::string, std::string>> examples{
      {"page_size=0", "page_size:"},
      {"page_size=101", "page_size:"},
      {"page_size=-1", "page_size:"},
      {"page_size=", "page_size:"},
      {"page_size=1x", "page_size:"},
      {"page_size=99999999999", "page_size:"},
      {"page_token=garbage", "page_token:"},
      {"q=heart&page_token=AAAA", "page_token:"},
      {"q=%FF", "q:"},
      {"q=a%00b", "q:"},
      {"q=1+2+3+4+5+6+7+8+9+10+11", "q:"},
      {"q=" + std::string(201, 'a'), "q:"},
  };
  for (const auto& [query, parameter] : examples) {
    const auto answer = catalog.get("/v1/products?" + query);
    CAPTURE(query);
    CHECK(answer.status == 400);
    CHECK(detail_of(answer).find(parameter) == 0);
  }
  CHECK(catalog.get("/v1/products?q=%22%27%2A--").body.view() == R"({"items":[],"next_page_token":""})");
}

TEST_CASE("A session has one search or export at a time, and as many single products as it asks for", "[unit]") {
  running_catalog catalog;
  const auto is_alone = [&](std::string_view path) {
    http::request request;
    return catalog.tier->routes().at(catalog.tier->routes().table().match(http::method::get, path, request.parameters).route).is_alone;
  };
  CHECK(is_alone("/v1/products"));
  CHECK(is_alone("/v1/products:export"));
  CHECK_FALSE(is_alone("/v1/products/1"));
}

TEST_CASE("Other methods and paths are not the catalogue's", "[unit]") {
  running_catalog catalog;
  CHECK(catalog.ask(http::method::del, "/v1/products/a").status == 405);
  CHECK(catalog.ask(http::method::post, "/v1/products").status == 405);
  CHECK(catalog.get("/v1/products:batch").status == 405);
  CHECK(catalog.get("/v1/products/a/b").status == 404);
}
