#include "platform/base/clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace troupe::base {

namespace {

std::tm utc(unix_micros when) noexcept {
  std::tm parts{};
  const auto seconds = static_cast<std::time_t>(when / 1'000'000);
  ::gmtime_r(&seconds, &parts);
  return parts;
}

} // namespace

unix_micros wall_now() noexcept {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string to_rfc3339(unix_micros when) {
  const auto parts = utc(when);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                                 static_cast<int>(when % 1'000'000));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string to_http_date(unix_micros when) {
  // strftime would follow the locale; the names are fixed by the RFC.
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto parts = utc(when);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                 months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                                 parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

} // namespace troupe::base
