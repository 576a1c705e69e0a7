#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::retail {

/// A decimal number as an exact count of millionths: "2.55" is 2'550'000. Optional minus sign, 1 to 12
/// digits, then at most 6 decimals; no plus sign, exponent, space or thousands separator. Nothing for any
/// other text. Never a double on the way.
[[nodiscard]] std::optional<std::int64_t> parse_millionths(std::string_view text) noexcept;

/// value / divisor rounded to the nearest whole number, halves away from zero: 5/10 is 1, -5/10 is -1.
/// divisor > 0.
[[nodiscard]] std::int64_t divide_half_away(std::int64_t value, std::int64_t divisor) noexcept;

/// The amount with its pence after a point: 255 is "2.55", -7 is "-0.07".
[[nodiscard]] std::string pounds(std::int64_t pence);

} // namespace troupe::retail
