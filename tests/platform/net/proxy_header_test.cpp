#include "platform/net/proxy_header.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace troupe::net {

namespace {

using status = proxy_header::outcome;

const std::string v4("\xc0\x00\x02\x01\xc6\x33\x64\x02\x1f\x90\x00\x50", 12);
const std::string v6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x07" + std::string(16, '\x02') + std::string("\x1f\x90\x00\x50", 4);

std::string header(int version_and_command, int family, const std::string& rest, std::size_t length) {
  std::string out("\r\n\r\n\0\r\nQUIT\n", 12);
  out += static_cast<char>(version_and_command);
  out += static_cast<char>(family);
  out += static_cast<char>(length >> 8);
  out += static_cast<char>(length & 255);
  return out + rest;
}
std::string header(int version_and_command, int family, const std::string& rest) {
  return header(version_and_command, family, rest, rest.size());
}

} // namespace

TEST_CASE("PROXY 2.2: the source of TCP over IPv4 and IPv6 is the client, and its bytes begin behind the header") {
  const auto four = read_proxy_header(header(0x21, 0x11, v4) + "GET /");
  CHECK(four.status == status::complete);
  CHECK(four.size == 28);
  CHECK(four.client.text() == "192.0.2.1");
  const auto six = read_proxy_header(header(0x21, 0x21, v6));
  CHECK(six.status == status::complete);
  CHECK(six.size == 52);
  CHECK(six.client.text() == "2001:db8::7");
}

TEST_CASE("PROXY 2.2: every shorter part of a header asks for more") {
  const auto whole = header(0x21, 0x21, v6);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    INFO(i);
    CHECK(read_proxy_header(std::string_view(whole).substr(0, i)).status == status::need_more);
  }
}

TEST_CASE("PROXY 2.2: LOCAL is accepted with any addresses, which are passed over") {
  for (const auto& text : {header(0x20, 0, ""), header(0x20, 0x11, v4), header(0x20, 0x21, v4)}) {
    const auto read = read_proxy_header(text);
    CHECK(read.status == status::complete);
    CHECK(read.size == text.size());
    CHECK_FALSE(read.client.is_known());
    CHECK(read.is_local);
  }
}

TEST_CASE("PROXY 2.2: families without IP addresses are accepted without a client") {
  for (const auto& text : {header(0x21, 0, ""), header(0x21, 0, "xyz"), header(0x21, 0x31, std::string(216, 'u')), header(0x21, 0x12, v4),
                           header(0x21, 0x10, v4), header(0x21, 0x01, "")}) {
    const auto read = read_proxy_header(text);
    CHECK(read.status == status::complete);
    CHECK(read.size == text.size());
    CHECK_FALSE(read.client.is_known());
    CHECK_FALSE(read.is_local);
  }
}

TEST_CASE("PROXY 2.2: TLVs are passed over, to 4096 bytes in all") {
  const auto most = proxy_header::most_bytes - 16;
  const auto read = read_proxy_header(header(0x21, 0x11, v4 + std::string(most - v4.size(), '\x04')));
  CHECK(read.status == status::complete);
  CHECK(read.size == proxy_header::most_bytes);
  CHECK(read.client.text() == "192.0.2.1");
  CHECK(read_proxy_header(header(0x21, 0x11, v4, most + 1)).status == status::refused);
  CHECK(read_proxy_header(header(0x21, 0x11, v4, 65535)).status == status::refused);
}

TEST_CASE("PROXY 2.2: what is malformed is refused as soon as it is certain") {
  for (const auto& text : {header(0x22, 0x11, v4), header(0x11, 0x11, v4), header(0x31, 0x11, v4), header(0x21, 0x41, v4),
                           header(0x21, 0x13, v4), header(0x21, 0x11, v4.substr(1)), header(0x21, 0x21, v4), header(0x21, 0x31, v4)}) {
    CHECK(read_proxy_header(text).status == status::refused);
  }
  CHECK(read_proxy_header(header(0x2f, 0, "").substr(0, 13)).status == status::refused);
  CHECK(read_proxy_header(header(0x21, 0x5f, "").substr(0, 14)).status == status::refused);
}

TEST_CASE("PROXY 2.1: the text of version 1 and other protocols are refused at their first byte that differs") {
  for (const std::string_view text : {"P", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "\r\n\r\nG"}) {
    CHECK(read_proxy_header(text).status == status::refused);
  }
}

} // namespace troupe::net
