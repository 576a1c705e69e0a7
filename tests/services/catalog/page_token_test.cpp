#include "services/catalog/page_token.hpp"

#include <catch2/catch.hpp>

using namespace troupe::catalog;

TEST_CASE("A page token gives back the position for its own query only", "[unit]") {
  for (const std::string position : {"", "1", "20", "85123A", "BANK CHARGES", "\xC3\xA9"}) {
    const auto token = make_page_token("red heart", position);
    CAPTURE(position, token);
    CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          token.npos);
    CHECK(page_position("red heart", token) == position);
    CHECK_FALSE(page_position("red hear", token));
    CHECK_FALSE(page_position("red heart2", token));
    CHECK_FALSE(page_position("", token));
  }
}

TEST_CASE("Every change of a page token is noticed", "[unit]") {
  const auto token = make_page_token("heart", "40");
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'z', '0', '-', '=', '+', '/', ' ', '\0'}) {
      auto changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      CAPTURE(i, c);
      CHECK_FALSE(page_position("heart", changed));
    }
    CHECK_FALSE(page_position("heart", token.substr(0, i)));
  }
  CHECK_FALSE(page_position("heart", token + "A"));
  CHECK_FALSE(page_position("heart", token + "="));
  CHECK_FALSE(page_position("heart", std::string(1 << 20, 'A')));
}
