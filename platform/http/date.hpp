#pragma once

#include "platform/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::http {

/// A date as fields carry it, in seconds since 1970 UTC; nullopt when it is none. All three forms are read: that of
/// today ("Sun, 06 Nov 1994 08:49:37 GMT"), RFC 850's with two digits of a year (the century that puts it less than 50
/// years after `now`) and asctime's. The day's name must be one, and is not compared with the date.
/// Source: RFC 9110 section 5.6.7. Cost: O(text), no allocation.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text, base::unix_micros now) noexcept;

} // namespace troupe::http
