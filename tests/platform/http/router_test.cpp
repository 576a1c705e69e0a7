#include "platform/http/router.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace troupe::http;
using outcome = router::outcome;

namespace {

struct matched {
  router::outcome outcome;
  std::size_t route;
  std::uint16_t allowed;
  path_parameters parameters;
};

matched match(const router& r, method m, std::string_view path) {
  path_parameters parameters;
  const auto got = r.match(m, path, parameters);
  return {got.outcome, got.route, got.allowed, parameters};
}

bool finds(const router& r, method m, std::string_view path, std::size_t route) {
  const auto got = match(r, m, path);
  return got.outcome == outcome::found && got.route == route;
}

} // namespace

TEST_CASE("a path without parameters is found by its method") {
  router r;
  r.add(method::get, "/", 0);
  r.add(method::get, "/v1/stats/top", 1);
  r.add(method::post, "/v1/payments", 2);
  CHECK(finds(r, method::get, "/", 0));
  CHECK(finds(r, method::get, "/v1/stats/top", 1));
  CHECK(finds(r, method::post, "/v1/payments", 2));
  for (const auto* path : {"/v1", "/v1/stats", "/v1/stats/top/", "/v1/stats/top/x", "//", "/V1/stats/top", "", "*", "v1/payments"}) {
    INFO(path);
    CHECK(match(r, method::get, path).outcome == outcome::not_found);
  }
}

TEST_CASE("a name in the pattern takes one whole segment that is not empty") {
  router r;
  r.add(method::get, "/p/{id}", 0);
  r.add(method::get, "/p/{id}/parts/{part}", 1);
  const auto one = match(r, method::get, "/p/85123A");
  CHECK(one.route == 0);
  CHECK(one.parameters.count == 1);
  CHECK(one.parameters.names[0] == "id");
  CHECK(one.parameters.values[0] == "85123A");
  const auto two = match(r, method::get, "/p/a b/parts/7");
  CHECK(two.route == 1);
  CHECK(two.parameters.count == 2);
  CHECK(two.parameters.values[0] == "a b");
  CHECK(two.parameters.names[1] == "part");
  CHECK(two.parameters.values[1] == "7");
  for (const auto* path : {"/p", "/p/", "/p//parts/7", "/p/x/parts", "/p/x/parts/", "/p/x/parts/7/8", "/p/x/"}) {
    INFO(path);
    const auto none = match(r, method::get, path);
    CHECK(none.outcome == outcome::not_found);
    CHECK(none.parameters.count == 0);
  }
}

TEST_CASE("a literal wins over a name") {
  router r;
  r.add(method::get, "/p/{id}", 0);
  r.add(method::get, "/p/search", 1);
  r.add(method::get, "/{any}/list", 2);
  r.add(method::get, "/p/list/all", 3);
  CHECK(finds(r, method::get, "/p/search", 1));
  CHECK(finds(r, method::get, "/p/searches", 0));
  CHECK(finds(r, method::get, "/q/list", 2));
  CHECK(finds(r, method::get, "/p/list/all", 3));
}

TEST_CASE("a literal that leads nowhere does not hide a name") {
  router r;
  r.add(method::get, "/p/{id}", 0);
  r.add(method::get, "/p/search/popular", 1);
  r.add(method::get, "/p/{id}/parts", 2);
  r.add(method::get, "/{shop}/about", 3);
  const auto inner = match(r, method::get, "/p/search"); // an inner segment of a longer pattern, and a value of {id}
  CHECK(inner.outcome == outcome::found);
  CHECK(inner.route == 0);
  CHECK(inner.parameters.values[0] == "search");
  const auto back = match(r, method::get, "/p/search/parts");
  CHECK(back.route == 2);
  CHECK(back.parameters.count == 1);
  CHECK(back.parameters.values[0] == "search");
  CHECK(finds(r, method::get, "/shop/about", 3));
  const auto about = match(r, method::get, "/p/about");
  CHECK(about.route == 0); // the literal "p" first
  CHECK(match(r, method::get, "/p").outcome == outcome::not_found);
}

TEST_CASE("HEAD does not go with a GET that is added alone") {
  router r;
  r.add_get_alone("/ws", 0);
  CHECK(finds(r, method::get, "/ws", 0));
  for (const auto m : {method::head, method::post}) {
    const auto got = match(r, m, "/ws");
    CHECK(got.outcome == outcome::wrong_method);
    CHECK(router::allow_value(got.allowed) == "GET");
  }
  r.add(method::head, "/ws", 1);
  CHECK(finds(r, method::head, "/ws", 1));
}

TEST_CASE("HEAD is answered by the route of GET unless it has its own") {
  router r;
  r.add(method::get, "/a", 0);
  r.add(method::get, "/b", 1);
  r.add(method::head, "/b", 2);
  r.add(method::post, "/c", 3);
  CHECK(finds(r, method::head, "/a", 0));
  CHECK(finds(r, method::head, "/b", 2));
  CHECK(match(r, method::head, "/c").outcome == outcome::wrong_method);
}

TEST_CASE("C-5: a path that knows other methods says which") {
  router r;
  r.add(method::get, "/p/{id}", 0);
  r.add(method::put, "/p/{id}", 1);
  r.add(method::post, "/q", 2);
  const auto got = match(r, method::del, "/p/7");
  CHECK(got.outcome == outcome::wrong_method);
  CHECK(router::allow_value(got.allowed) == "GET, HEAD, PUT");
  CHECK(router::allow_value(match(r, method::get, "/q").allowed) == "POST");
  CHECK(router::allow_value(0).empty());
}

TEST_CASE("a route for any method leaves those that are there") {
  router r;
  r.add(method::get, "/a", 0);
  r.add_any("/a", 1);
  CHECK(finds(r, method::get, "/a", 0));
  CHECK(finds(r, method::post, "/a", 1));
  CHECK(finds(r, method::head, "/a", 1));
  CHECK(finds(r, method::other, "/a", 1));
}

TEST_CASE("a tail takes all that follows, and everything else wins over it") {
  router r;
  r.add(method::get, "/static/{path...}", 0);
  r.add(method::get, "/static/about", 1);
  r.add(method::get, "/static/{name}/raw", 2);
  r.add(method::get, "/{shop}/x/{rest...}", 3);
  for (const auto* tail : {"", "a", "a/b", "a/", "/etc/passwd", "a//b", ".hidden", "about/us", "a/raw/b"}) {
    CAPTURE(tail);
    const auto path = std::string("/static/") + tail;
    const auto got = match(r, method::head, path);
    CHECK(got.outcome == outcome::found);
    CHECK(got.route == 0);
    CHECK(got.parameters.count == 1);
    CHECK(got.parameters.names[0] == "path");
    CHECK(got.parameters.values[0] == tail);
  }
  CHECK(finds(r, method::get, "/static/about", 1));
  CHECK(finds(r, method::get, "/static/a/raw", 2));
  CHECK(match(r, method::get, "/static").outcome == outcome::not_found);
  CHECK(match(r, method::get, "/staticx/a").outcome == outcome::not_found);
  CHECK(match(r, method::post, "/static/a").outcome == outcome::wrong_method);
  const auto both = match(r, method::get, "/s/x/1/2");
  CHECK(both.route == 3);
  CHECK(both.parameters.values[0] == "s");
  CHECK(both.parameters.values[1] == "1/2");
}

TEST_CASE("a mistake in a pattern is found at the start") {
  router r;
  r.add(method::get, "/p/{id}", 0);
  r.add(method::get, "/{a}/{b}/{c}/{d}", 1);
  for (const auto* pattern : {"", "p", "/p/{id}", "/p/{}", "/p/{id", "/p/{other}/x", "/t/{...}", "/t/{path...}/x", "/t/{path...", "/{a}/{b}/{c}/{d}/{e}"}) {
    INFO(pattern);
    CHECK_THROWS_AS(r.add(method::get, pattern, 2), std::invalid_argument);
  }
  CHECK(finds(r, method::get, "/p/7", 0));
  CHECK(finds(r, method::get, "/1/2/3/4", 1));
}

TEST_CASE("a path of thousands of segments is looked up and not found") {
  router r;
  r.add(method::get, "/{a}/{b}/{c}/{d}", 0);
  std::string path;
  while (path.size() < 8000) path += "/a";
  CHECK(match(r, method::get, path).outcome == outcome::not_found);
}
