#include "platform/http/date.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::http::parse_date;
namespace base = troupe::base;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr base::unix_micros year_2026 = 1'790'000'000 * second;

} // namespace

TEST_CASE("RFC 9110 5.6.7: the three forms of a date are one time", "[unit]") {
  for (const auto* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(text);
    CHECK(parse_date(text, year_2026) == 784'111'777);
  }
  CHECK(parse_date("Thu Jan 01 00:00:00 1970", year_2026) == 0);
  CHECK(parse_date("Thu, 29 Feb 2024 23:59:60 GMT", year_2026) == 1'709'251'199);
}

TEST_CASE("RFC 9110 5.6.7: two digits of a year are never more than 50 years ahead", "[unit]") {
  const auto long_form = [](const std::string& year) { return parse_date("Friday, 01-Jan-" + year + " 00:00:00 GMT", year_2026); };
  const auto in_full = [](const std::string& year) { return parse_date("Fri, 01 Jan " + year + " 00:00:00 GMT", year_2026); };
  CHECK(long_form("76") == in_full("2076"));
  CHECK(long_form("77") == in_full("1977"));
  CHECK(long_form("00") == in_full("2000"));
}

TEST_CASE("what a date printed is read again", "[unit]") {
  for (std::int64_t at = 0; at < 4'000'000'000; at += 86'399'977) {
    CAPTURE(at);
    REQUIRE(parse_date(base::to_http_date(at * second), year_2026) == at);
  }
}

TEST_CASE("what is no date is none", "[unit]") {
  for (const std::string text :
       {"", "0", "-1", "Sun", "Sun, ", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Xun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:3 GMT",
        "Sun, 06 Nov +994 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sunday Nov  6 08:49:37 1994",
        "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun, 06-Nov-94 08:49:37 GMT", "\"v1\""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text, year_2026));
  }
}
