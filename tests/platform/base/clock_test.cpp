#include "platform/base/clock.hpp"

#include <catch2/catch.hpp>

#include <clocale>
#include <cstdint>
#include <string>

using namespace troupe::base;

namespace {

struct known {
  unix_micros when;
  std::string rfc3339;
  std::string http_date;
};

constexpr std::int64_t second = 1'000'000;

} // namespace

TEST_CASE("known moments have their RFC 3339 and HTTP forms") {
  const auto k = GENERATE(values<known>({
      {0, "1970-01-01T00:00:00.000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {1, "1970-01-01T00:00:00.000001Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {784111777 * second, "1994-11-06T08:49:37.000000Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {951782399 * second + 999'999, "2000-02-28T23:59:59.999999Z", "Mon, 28 Feb 2000 23:59:59 GMT"},
      {951782400 * second, "2000-02-29T00:00:00.000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
      {2147483648 * second, "2038-01-19T03:14:08.000000Z", "Tue, 19 Jan 2038 03:14:08 GMT"},
      {4107542400 * second, "2100-03-01T00:00:00.000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
      {253402300799 * second + 999'999, "9999-12-31T23:59:59.999999Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
  }));
  CHECK(to_rfc3339(k.when) == k.rfc3339);
  CHECK(to_http_date(k.when) == k.http_date);
  CHECK(k.rfc3339.size() == 27);
  CHECK(k.http_date.size() == 29);
}

TEST_CASE("each month and each day of the week has its English name, whatever the locale") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, ""); // what the user has; perhaps not English
  const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const char* days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; // 1970-01-01 was a Thursday
  for (std::int64_t day = 0; day < 7; ++day) {
    CHECK(to_http_date(day * 86400 * second).substr(0, 3) == days[day]);
  }
  for (std::int64_t month = 0; month < 12; ++month) {
    CHECK(to_http_date((15 + month * 30) * 86400 * second).substr(8, 3) == months[month]);
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("the wall clock is after this test was written, and within the range of the texts") {
  const auto now = wall_now();
  CHECK(now > 1'700'000'000 * second);
  CHECK(now < 253402300800 * second);
  CHECK(to_rfc3339(now).size() == 27);
}
