#include "platform/http/forwarded.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace troupe::http {

namespace {

using base::ip_address;

// The last entries of a list, oldest first; nullopt for one that is no address.
class entries {
 public:
  void add(std::optional<ip_address> entry) noexcept {
    ring_[count_ % ring_.size()] = entry;
    ++count_;
  }
  /// The `back`th from the end, counted from 0.
  [[nodiscard]] std::optional<ip_address> from_end(std::size_t back) const noexcept { return ring_[(count_ - 1 - back) % ring_.size()]; }
  [[nodiscard]] std::size_t size() const noexcept { return std::min(count_, ring_.size()); }

 private:
  std::array<std::optional<ip_address>, 32> ring_;
  std::size_t count_ = 0;
};

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_port(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// 192.0.2.1, 192.0.2.1:80, [2001:db8::1], [2001:db8::1]:80; `bare_v6` allows 2001:db8::1, as X-Forwarded-For has it.
std::optional<ip_address> node_address(std::string_view text, bool bare_v6) noexcept {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return std::nullopt;
    const auto address = ip_address::parse(text.substr(1, end - 1));
    return address && text.substr(1, end - 1).find(':') != std::string_view::npos ? address : std::nullopt;
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return ip_address::parse(text);
  if (text.find(':', colon + 1) != std::string_view::npos) return bare_v6 ? ip_address::parse(text) : std::nullopt;
  if (!is_port(text.substr(colon + 1))) return std::nullopt;
  return ip_address::parse(text.substr(0, colon));
}

void read_x_forwarded_for(std::string_view value, entries& out) noexcept {
  for (;;) {
    const auto comma = value.find(',');
    const auto entry = trimmed(value.substr(0, comma));
    if (!entry.empty()) out.add(node_address(entry, true)); // empty list elements do not count. Source: RFC 9110 section 5.6.1
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

// One `name=value` pair at the front of the text; false when there is none. `value` is without its quotes and may still hold escapes.
bool take_pair(std::string_view& text, std::string_view& name, std::string_view& value) noexcept {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !is_token(text.substr(0, equals))) return false;
  name = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  if (!text.starts_with('"')) {
    value = text.substr(0, text.find_first_of(" \t;,"));
    text.remove_prefix(value.size());
    return is_token(value);
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      value = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// False when the value is not one of RFC 7239 section 4.
bool read_forwarded(std::string_view value, entries& out) noexcept {
  for (auto rest = value;;) {
    std::optional<ip_address> entry;
    bool has_for = false;
    rest = trimmed(rest);
    bool is_empty = true;
    while (!rest.empty() && rest.front() != ',') {
      if (rest.front() == ';') {
        rest = trimmed(rest.substr(1));
        continue;
      }
      is_empty = false;
      std::string_view name, text;
      if (!take_pair(rest, name, text)) return false;
      if (same_field_name(name, "for")) {
        if (has_for) return false; // a parameter occurs once an element
        has_for = true;
        entry = node_address(text, false);
      }
      rest = trimmed(rest);
      if (!rest.empty() && rest.front() != ';' && rest.front() != ',') return false;
    }
    if (!is_empty) out.add(entry);
    if (rest.empty()) return true;
    rest.remove_prefix(1);
  }
}

} // namespace

ip_address forwarded_client(std::span<const header_field> fields, const base::ip_networks& trusted) noexcept {
  entries list;
  bool has_forwarded = false;
  bool has_x_forwarded_for = false;
  for (const auto& f : fields) {
    if (same_field_name(f.name, "Forwarded")) {
      has_forwarded = true;
      // What stands left of something unreadable is vouched for by nobody; what comes after it still is.
      if (!read_forwarded(f.value, list)) list.add(std::nullopt);
    } else if (same_field_name(f.name, "X-Forwarded-For")) {
      has_x_forwarded_for = true;
      read_x_forwarded_for(f.value, list);
    }
  }
  if (has_forwarded && has_x_forwarded_for) return {};
  ip_address client;
  for (std::size_t back = 0; back < list.size(); ++back) {
    const auto entry = list.from_end(back);
    if (!entry || !entry->is_known()) break;
    client = *entry;
    if (!base::contains(trusted, client)) break;
  }
  return client;
}

} // namespace troupe::http
