#include "platform/websocket/close_code.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::websocket;

TEST_CASE("C-84, RFC 6455 7.4: exactly these close codes may come from a client") {
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const bool registered = (code >= 1000 && code <= 1014) && code != 1004 && code != 1005 && code != 1006;
    const bool expected = registered || (code >= 3000 && code < 5000);
    if (may_be_received(static_cast<std::uint16_t>(code)) == expected) continue;
    FAIL_CHECK(code);
  }
}

TEST_CASE("RFC 6455 7.4.1: a server sends what a client may send, but 1010") {
  CHECK(may_be_sent(1000));
  CHECK(may_be_sent(1013));
  CHECK(may_be_sent(4999));
  CHECK_FALSE(may_be_sent(1010));
  CHECK_FALSE(may_be_sent(1006));
  CHECK_FALSE(may_be_sent(5000));
}

TEST_CASE("a close reason is cut between characters, and dropped when it is not UTF-8") {
  CHECK(fitting_reason("bye") == "bye");
  CHECK(fitting_reason(std::string(200, 'x')) == std::string(123, 'x'));
  const std::string wide = std::string(122, 'x') + "\xC3\xA9";
  CHECK(fitting_reason(wide) == std::string(122, 'x'));
  CHECK(fitting_reason(std::string(121, 'x') + "\xC3\xA9") == std::string(121, 'x') + "\xC3\xA9");
  CHECK(fitting_reason("half \xC3").empty());
}
