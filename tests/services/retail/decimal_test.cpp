#include "services/retail/decimal.hpp"
#include "services/retail/text.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace troupe::retail {

TEST_CASE("decimal: a number is read exactly, in millionths") {
  struct {
    const char* text;
    std::int64_t millionths;
  } const cases[] = {
      {"0", 0},
      {"2.55", 2'550'000},
      {"-2.55", -2'550'000},
      {"2.1", 2'100'000},
      {"0.001", 1000},
      {"0.000001", 1},
      {"-0", 0},
      {"007.5", 7'500'000},
      {"999999999999.999999", 999'999'999'999'999'999},
      {"-999999999999.999999", -999'999'999'999'999'999},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(parse_millionths(c.text) == c.millionths);
  }
}

TEST_CASE("decimal: whatever is not a plain decimal number is refused") {
  for (const std::string_view text : {"",
                                      "-",
                                      ".",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "1e3",
                                      "1,5",
                                      "1 ",
                                      " 1",
                                      "--1",
                                      "1.2.3",
                                      "1.0000001",
                                      "1000000000000",
                                      "nan",
                                      "inf",
                                      "0x10",
                                      "1.-5",
                                      "NA",
                                      "\xC2\xA3"
                                      "1"}) {
    INFO(text);
    CHECK(parse_millionths(text) == std::nullopt);
  }
}

TEST_CASE("decimal: halves are rounded away from zero") {
  struct {
    std::int64_t value, divisor, rounded;
  } const cases[] = {
      {0, 10, 0},
      {4, 10, 0},
      {5, 10, 1},
      {14, 10, 1},
      {15, 10, 2},
      {-4, 10, 0},
      {-5, 10, -1},
      {-15, 10, -2},
      {-14, 10, -1},
      {1, 3, 0},
      {2, 3, 1},
      {7, 1, 7},
      {std::numeric_limits<std::int64_t>::max(), 10, 922'337'203'685'477'581},
      {std::numeric_limits<std::int64_t>::min() + 1, 10, -922'337'203'685'477'581},
  };
  for (const auto& c : cases) {
    INFO(c.value << " / " << c.divisor);
    CHECK(divide_half_away(c.value, c.divisor) == c.rounded);
  }
}

TEST_CASE("decimal: an amount is shown in pounds with two decimals") {
  CHECK(pounds(0) == "0.00");
  CHECK(pounds(255) == "2.55");
  CHECK(pounds(-7) == "-0.07");
  CHECK(pounds(-12345) == "-123.45");
  CHECK(pounds(std::numeric_limits<std::int64_t>::min()) == "-92233720368547758.08");
}

TEST_CASE("text: control characters and visible ASCII are told apart") {
  CHECK(has_control("a\tb"));
  CHECK(has_control(std::string_view("\0", 1)));
  CHECK(has_control("\x7F"));
  CHECK_FALSE(has_control("a b \xC2\xA3"));
  CHECK(is_visible_ascii("C536379"));
  CHECK_FALSE(is_visible_ascii("a b"));
  CHECK_FALSE(is_visible_ascii("\xC2\xA3"));
}

} // namespace troupe::retail
