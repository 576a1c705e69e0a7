#include "platform/net/server_names.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::net::server_names;

TEST_CASE("a name is found whatever its case and with the dot of a full name") {
  server_names names;
  REQUIRE(names.add("Shop.Example.ORG", 3));
  CHECK(names.find("shop.example.org") == 3);
  CHECK(names.find("SHOP.example.org.") == 3);
  CHECK(names.find("shop.example.or") == server_names::none);
  CHECK(names.find("") == server_names::none);
  CHECK(names.find(".") == server_names::none);
}

TEST_CASE("RFC 6125 6.4.3: a wildcard stands for exactly one label") {
  server_names names;
  REQUIRE(names.add("*.example.org", 1));
  CHECK(names.find("a.example.org") == 1);
  CHECK(names.find("xn--nxasmq6b.example.org") == 1);
  CHECK(names.find("a.b.example.org") == server_names::none);
  CHECK(names.find("example.org") == server_names::none);
  CHECK(names.find(".example.org") == server_names::none);
  CHECK(names.find("*.example.com") == server_names::none);
}

TEST_CASE("an exact name goes before a wildcard, and the first certificate keeps a name") {
  server_names names;
  REQUIRE(names.add("*.example.org", 0));
  REQUIRE(names.add("shop.example.org", 1));
  REQUIRE(names.add("shop.example.org", 2));
  REQUIRE(names.add("*.example.org", 3));
  CHECK(names.find("shop.example.org") == 1);
  CHECK(names.find("other.example.org") == 0);
}

TEST_CASE("what no client can mean is not taken for a name") {
  server_names names;
  using namespace std::string_literals;
  for (const auto& bad : {""s, "."s, "*"s, "*."s, "*.*.example.org"s, "a*.example.org"s, "shop.*.org"s, "shop.example.org\0.evil.example"s,
                          std::string(254, 'a')}) {
    INFO(bad);
    CHECK_FALSE(names.add(bad, 1));
    CHECK(names.find(bad) == server_names::none);
  }
  CHECK(names.find("shop.example.org") == server_names::none);
  CHECK(names.find(std::string(100'000, 'a')) == server_names::none);
}
