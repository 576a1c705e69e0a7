#include "platform/http/field_lines.hpp"

#include "platform/http/field_value.hpp"
#include "platform/http/request.hpp"

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

/// Source: RFC 9110 section 5.6.2.
bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           marks.find(c) != std::string_view::npos;
  });
}

} // namespace

bool render_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return false;
  out.reserve(out.size() + name.size() + value.size() + 4);
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
  return true;
}

bool frames_message(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 6> framing{"Connection", "Content-Length", "Date",
                                                           "Keep-Alive", "Trailer",        "Transfer-Encoding"};
  return std::any_of(framing.begin(), framing.end(), [name](std::string_view f) { return same_field_name(f, name); });
}

std::optional<std::string_view> find_field(std::string_view lines, std::string_view name) noexcept {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && same_field_name(line.substr(0, colon), name)) return trimmed(line.substr(colon + 1));
  }
  return std::nullopt;
}

} // namespace troupe::http
