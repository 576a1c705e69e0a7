#include "platform/http/range.hpp"

#include "platform/http/request.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace troupe::http {

namespace {

constexpr auto infinite = std::numeric_limits<std::uint64_t>::max();

// A run of digits; nullopt when it is none, `infinite` when it does not fit.
std::optional<std::uint64_t> number(std::string_view digits) noexcept {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (infinite - digit) / 10 ? infinite : value * 10 + digit;
  }
  return value;
}

range_choice suffix(std::uint64_t wanted, std::uint64_t size) noexcept {
  if (wanted == 0) return {range_kind::unsatisfiable};
  if (size == 0) return {}; // satisfiable, and no Content-Range can say it
  const auto length = std::min(wanted, size);
  return {range_kind::part, size - length, length};
}

} // namespace

range_choice choose_range(std::string_view value, std::uint64_t size) noexcept {
  const auto equals = value.find('=');
  if (equals == std::string_view::npos || !same_field_name(value.substr(0, equals), "bytes")) return {};
  const auto range = trimmed(value.substr(equals + 1));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return {};
  const auto last = range.substr(dash + 1);
  if (dash == 0) {
    const auto wanted = number(last);
    return wanted ? suffix(*wanted, size) : range_choice{};
  }
  const auto first = number(range.substr(0, dash));
  const auto end = last.empty() ? infinite : number(last);
  if (!first || !end || *end < *first) return {};
  if (*first >= size) return {range_kind::unsatisfiable};
  return {range_kind::part, *first, std::min(*end, size - 1) - *first + 1};
}

std::string content_range(const range_choice& choice, std::uint64_t size) {
  std::string out = "bytes ";
  if (choice.kind == range_kind::part) {
    out += std::to_string(choice.first) + '-' + std::to_string(choice.first + choice.length - 1);
  } else {
    out += '*';
  }
  return out += '/' + std::to_string(size);
}

} // namespace troupe::http
