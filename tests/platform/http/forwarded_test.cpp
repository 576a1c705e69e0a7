#include "platform/http/forwarded.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace troupe::http {

namespace {

const base::ip_networks trusted{*base::ip_network::parse("10.0.0.0/8"), *base::ip_network::parse("fd00::/8")};

std::string client(const std::vector<header_field>& fields) {
  const auto found = forwarded_client(fields, trusted);
  return found.is_known() ? found.text() : "peer";
}
std::string forwarded(std::string_view value) { return client({{"Forwarded", value}}); }
std::string x_forwarded_for(std::string_view value) { return client({{"x-forwarded-for", value}}); }

} // namespace

TEST_CASE("forwarded: without the fields nothing is known") {
  CHECK(client({}) == "peer");
  CHECK(client({{"X-Forwarded-Host", "198.51.100.1"}, {"Forwarded-For", "198.51.100.1"}}) == "peer");
}

TEST_CASE("forwarded: RFC 7239 4: the forms of for=") {
  CHECK(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43") == "192.0.2.60");
  CHECK(forwarded("proto=https ; FOR=192.0.2.60") == "192.0.2.60");
  CHECK(forwarded(R"(for="192.0.2.60:4711")") == "192.0.2.60");
  CHECK(forwarded(R"(For="[2001:db8:cafe::17]:4711")") == "2001:db8:cafe::17");
  CHECK(forwarded(R"(for="[2001:db8::1]")") == "2001:db8::1");
  CHECK(forwarded(R"(host="a,b;for=198.51.100.9";for=192.0.2.60)") == "192.0.2.60");
  CHECK(forwarded(R"(host="a\"b";for=192.0.2.60)") == "192.0.2.60");
}

TEST_CASE("forwarded: the forms that X-Forwarded-For is seen with") {
  CHECK(x_forwarded_for("192.0.2.60") == "192.0.2.60");
  CHECK(x_forwarded_for("192.0.2.60:4711") == "192.0.2.60");
  CHECK(x_forwarded_for("2001:db8::1") == "2001:db8::1");
  CHECK(x_forwarded_for("[2001:db8::1]:80") == "2001:db8::1");
  CHECK(x_forwarded_for(" , 192.0.2.60 ,\t") == "192.0.2.60");
}

TEST_CASE("forwarded: the rightmost address that is not trusted is the client, whatever stands left of it") {
  CHECK(x_forwarded_for("198.51.100.1, 192.0.2.60, 10.0.0.2, 10.9.9.9") == "192.0.2.60");
  CHECK(forwarded(R"(for=198.51.100.1, for=192.0.2.60, for="[fd00::1]")") == "192.0.2.60");
  CHECK(client({{"X-Forwarded-For", "198.51.100.1"}, {"Via", "x"}, {"X-Forwarded-For", "192.0.2.60, 10.0.0.2"}}) == "192.0.2.60");
}

TEST_CASE("forwarded: when every address is trusted the leftmost is the client") {
  CHECK(x_forwarded_for("10.0.0.9, 10.0.0.8") == "10.0.0.9");
}

TEST_CASE("forwarded: RFC 7239 6.2 and 6.3: an entry without an address ends the way") {
  CHECK(forwarded("for=198.51.100.1, for=unknown, for=10.0.0.2") == "10.0.0.2");
  CHECK(forwarded("for=198.51.100.1, for=_hidden") == "peer");
  CHECK(forwarded("for=198.51.100.1, proto=https") == "peer");
  CHECK(x_forwarded_for("198.51.100.1, unknown") == "peer");
  CHECK(x_forwarded_for("198.51.100.1, 192.0.2.256") == "peer");
  CHECK(x_forwarded_for("198.51.100.1, ::") == "peer");
}

TEST_CASE("forwarded: a malformed field says nothing, and one appended behind it does") {
  for (const auto* text : {"for=\"198.51.100.1", "for", "for=", "=198.51.100.1", "for=198.51.100.1 x", "for=198.51.100.1;for=198.51.100.2",
                           "for=198.51.100.1:80", "for=\"2001:db8::1\"", "for=[2001:db8::1]", "for=\"[192.0.2.1]\""}) {
    INFO(text);
    CHECK(forwarded(text) == "peer");
    CHECK(client({{"Forwarded", text}, {"Forwarded", "for=192.0.2.60"}}) == "192.0.2.60");
  }
}

TEST_CASE("forwarded: when both fields are there neither counts") {
  CHECK(client({{"Forwarded", "for=198.51.100.1"}, {"X-Forwarded-For", "192.0.2.60"}}) == "peer");
}

TEST_CASE("forwarded: of a longer list the last 32 entries are looked at") {
  std::string list = "192.0.2.60";
  for (int i = 0; i < 31; ++i) list += ", 10.1.0." + std::to_string(i);
  CHECK(x_forwarded_for(list) == "192.0.2.60");
  CHECK(x_forwarded_for(list + ", 10.1.0.31") == "10.1.0.0");
}

} // namespace troupe::http
