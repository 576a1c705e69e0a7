#include "platform/base/ip_address.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::base {

TEST_CASE("ip address: a text is read and written again") {
  for (const char* text : {"192.0.2.1", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::1", "fe80::1:2:3"}) {
    INFO(text);
    const auto address = ip_address::parse(text);
    REQUIRE(address.has_value());
    CHECK(address->text() == text);
    CHECK(address->is_v4() == (std::string(text).find('.') != std::string::npos));
    CHECK(address->is_known());
  }
}

TEST_CASE("ip address: RFC 4291 2.5.5.2: an IPv4 address in IPv6's form is that IPv4 address") {
  CHECK(ip_address::parse("::ffff:192.0.2.1") == ip_address::v4({192, 0, 2, 1}));
}

TEST_CASE("ip address: what is no address is refused") {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]", "::1%lo", ":::", "g::1",
                           "1:2:3:4:5:6:7:8:9", "localhost"}) {
    INFO(text);
    CHECK_FALSE(ip_address::parse(text).has_value());
  }
  CHECK_FALSE(ip_address::parse(std::string("1.2.3.4\0", 8)).has_value());
  CHECK_FALSE(ip_address::parse(std::string(100, '1')).has_value());
}

TEST_CASE("ip address: the unknown one has no text") {
  CHECK_FALSE(ip_address().is_known());
  CHECK(ip_address().text().empty());
}

} // namespace troupe::base
