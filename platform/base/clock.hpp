#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::base {

/// Monotonic time: every deadline, wait and rate. Never affected by a change of the wall clock.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

/// Wall-clock time in microseconds since 1970 UTC: only for what people and records see.
using unix_micros = std::int64_t;

/// The wall clock now.
[[nodiscard]] unix_micros wall_now() noexcept;

/// RFC 3339 in UTC with microseconds, "2026-11-22T10:00:00.000000Z" (27 bytes). Range: years 1970 to 9999.
[[nodiscard]] std::string to_rfc3339(unix_micros when);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (29 bytes), the Date field's form. Source: RFC 9110 section 5.6.7.
[[nodiscard]] std::string to_http_date(unix_micros when);

} // namespace troupe::base
