#include "services/retail/decimal.hpp"

#include <cstddef>

namespace troupe::retail {

namespace {

constexpr std::size_t max_whole_digits = 12;
constexpr std::size_t max_decimals = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

} // namespace

std::optional<std::int64_t> parse_millionths(std::string_view text) noexcept {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);

  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto decimals = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || whole.size() > max_whole_digits || decimals.size() > max_decimals) return std::nullopt;
  if (point != std::string_view::npos && decimals.empty()) return std::nullopt;

  std::int64_t value = 0; // at most 18 digits: cannot overflow
  for (const char c : whole) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  for (std::size_t i = 0; i < max_decimals; ++i) {
    const char c = i < decimals.size() ? decimals[i] : '0';
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return is_negative ? -value : value;
}

std::int64_t divide_half_away(std::int64_t value, std::int64_t divisor) noexcept {
  const auto quotient = value / divisor;
  const auto remainder = value % divisor; // has the sign of value
  const auto magnitude = remainder < 0 ? -remainder : remainder;
  if (magnitude < divisor - magnitude) return quotient;
  return value < 0 ? quotient - 1 : quotient + 1;
}

std::string pounds(std::int64_t pence) {
  const auto magnitude =
      pence < 0 ? 0 - static_cast<std::uint64_t>(pence) : static_cast<std::uint64_t>(pence);
  const auto rest = std::to_string(magnitude % 100);
  return (pence < 0 ? "-" : "") + std::to_string(magnitude / 100) + (rest.size() == 1 ? ".0" : ".") + rest;
}

} // namespace troupe::retail
