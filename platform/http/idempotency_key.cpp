#include "platform/http/idempotency_key.hpp"

#include <algorithm>

namespace troupe::http {

std::optional<std::string_view> parse_idempotency_key(std::string_view value) noexcept {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  const auto key = quoted ? value.substr(1, value.size() - 2) : value;
  if (key.empty() || key.size() > 255) return std::nullopt;
  const bool allowed = std::all_of(key.begin(), key.end(), [quoted](char c) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
    return quoted || (c != ' ' && c != ',');
  });
  if (!allowed) return std::nullopt;
  return key;
}

} // namespace troupe::http
