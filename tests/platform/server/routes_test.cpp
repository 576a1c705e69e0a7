#include "platform/server/routes.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("answers are compressed unless their route bears secrets or keeps its tags") {
  const auto answer = [] { return server::respond([](const http::request&) { return http::response{}; }); };
  server::routes routes;
  CHECK(routes.get("/a", answer()).may_compress);
  CHECK_FALSE(routes.get("/b", answer()).bears_secrets().may_compress);
  CHECK_FALSE(routes.get("/c", answer()).never_compressed().may_compress);
  CHECK_FALSE(routes.post("/d", answer()).requires_idempotency_key().may_compress);
}
