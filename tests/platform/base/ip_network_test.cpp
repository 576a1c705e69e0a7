#include "platform/base/ip_network.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::base {

namespace {

bool holds(const char* network, const char* address) { return ip_network::parse(network)->contains(*ip_address::parse(address)); }

} // namespace

TEST_CASE("ip network: an address belongs to it by the bits of the prefix") {
  CHECK(holds("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  CHECK(holds("192.0.2.128/25", "192.0.2.128"));
  CHECK_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  CHECK(holds("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(holds("192.0.2.1", "192.0.2.2"));
  CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(holds("0.0.0.0/0", "203.0.113.7"));
  CHECK_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  CHECK(holds("::/0", "203.0.113.7"));
  CHECK(holds("::/0", "2001:db8::1"));
}

TEST_CASE("ip network: a text is written as it was read") {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0", "127.0.0.1/32", "::1/128"}) {
    INFO(text);
    CHECK(ip_network::parse(text)->text() == text);
  }
  CHECK(ip_network::parse("10.1.2.3")->text() == "10.1.2.3/32");
}

TEST_CASE("ip network: what is no network is refused with what was got") {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8 ", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0.1/8",
                           "2001:db8::1/32", "10.0.0.0/8/8", "x/8"}) {
    INFO(text);
    const auto parsed = ip_network::parse(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().detail.find("'" + std::string(text) + "'") != std::string::npos);
  }
}

} // namespace troupe::base
