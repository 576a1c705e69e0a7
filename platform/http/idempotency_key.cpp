#include "platform/http/idempotency_key.hpp"

#include <algorithm>

namespace troupe::http {

namespace {

constexpr std::size_t longest_key = 255;

bool is_printable(char c) noexcept { return c >= 0x20 && c <= 0x7e; }

bool stands_bare(char c) noexcept { return is_printable(c) && c != ' ' && c != '"' && c != ',' && c != '\\'; }

} // namespace

std::optional<std::string> parse_idempotency_key(std::string_view value) {
  std::string key;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    const auto inside = value.substr(1, value.size() - 2);
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == '"') return std::nullopt;
      if (inside[i] == '\\' && (++i == inside.size() || (inside[i] != '"' && inside[i] != '\\'))) return std::nullopt;
      if (!is_printable(inside[i])) return std::nullopt;
      key += inside[i];
    }
  } else if (std::all_of(value.begin(), value.end(), stands_bare)) {
    key = value;
  }
  if (key.empty() || key.size() > longest_key) return std::nullopt;
  return key;
}

} // namespace troupe::http
