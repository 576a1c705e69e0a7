#include "services/retail/target_url.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::retail {

TEST_CASE("target url: host and port are taken apart") {
  struct {
    const char *url, *host, *port, *authority;
  } const cases[] = {
      {"http://127.0.0.1:8080", "127.0.0.1", "8080", "127.0.0.1:8080"},
      {"http://shop.example:8080/", "shop.example", "8080", "shop.example:8080"},
      {"http://localhost", "localhost", "80", "localhost:80"},
      {"http://[::1]:65535", "::1", "65535", "[::1]:65535"},
      {"http://[fe80::1]/", "fe80::1", "80", "[fe80::1]:80"},
  };
  for (const auto& c : cases) {
    INFO(c.url);
    const auto target = parse_target_url(c.url);
    REQUIRE(target.has_value());
    CHECK(target->host == c.host);
    CHECK(target->port == c.port);
    CHECK(target->authority == c.authority);
  }
}

TEST_CASE("target url: anything else is refused with the form to write") {
  for (const char* url :
       {"", "127.0.0.1:8080", "https://a", "http://", "http://:80", "http://a:", "http://a:0",
        "http://a:65536", "http://a:80x", "http://a/path", "http://a?q", "http://u@a", "http://[::1",
        "http://[::1]80", "http://a b", "http://a\r\nX: y", "http://[zz]:1", "http://a:-1"}) {
    INFO(url);
    const auto target = parse_target_url(url);
    REQUIRE(target.has_error());
    CHECK(target.error().code == base::errc::invalid_argument);
    CHECK_THAT(target.error().detail, Catch::EndsWith("write http://HOST:PORT, as in http://127.0.0.1:8080"));
  }
}

} // namespace troupe::retail
