#include "platform/http/plain_head.hpp"

#include "platform/http/client_claims.hpp"
#include "platform/http/target.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace troupe::http {

namespace {

// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> token_bytes = [] {
  std::array<bool, 256> allowed{};
  for (int c = 'a'; c <= 'z'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) allowed[static_cast<std::size_t>(c)] = true;
  return allowed;
}();

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// The first byte that is neither printable ASCII nor a tab. Eight at a time: a byte's high bit comes out set when the byte is below 0x20, is 0x7f or has it set;
// borrows and carries spoil bytes behind the first such one only.
const char* end_of_printable(const char* at, const char* end) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101;
  for (;;) {
    if constexpr (std::endian::native == std::endian::little) {
      for (; end - at >= 8; at += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, at, 8);
        if (const auto odd = ((eight - 0x20 * each) | (eight + each) | eight) & 0x80 * each; odd != 0) {
          at += std::countr_zero(odd) / 8;
          break;
        }
      }
    }
    while (at != end && static_cast<unsigned char>(*at) >= 0x20 && static_cast<unsigned char>(*at) < 0x7f) ++at;
    if (at == end || *at != '\t') return at;
    ++at;
  }
}

// Whether a token is this name, written in lower case. Setting the bit of the case makes no other token byte one of a name.
template <std::size_t Size>
bool is_named(std::string_view token, const char (&lower)[Size]) noexcept {
  static_assert(static_cast<char>('A' | 0x20) == 'a');
  unsigned different = 0;
  for (std::size_t i = 0; i + 1 < Size; ++i) different |= static_cast<unsigned>((token[i] | 0x20) ^ lower[i]);
  return different == 0;
}

enum class meaning : std::uint8_t { none, host, close, keep_alive, not_plain };

meaning meaning_of(std::string_view name, std::string_view value) noexcept {
  switch (name.size()) {
  case 4: return is_named(name, "host") ? meaning::host : meaning::none;
  case 6: return is_named(name, "expect") ? meaning::not_plain : meaning::none;
  case 10:
    if (!is_named(name, "connection")) return meaning::none;
    if (value.size() == 10 && is_named(value, "keep-alive")) return meaning::keep_alive;
    return value.size() == 5 && is_named(value, "close") ? meaning::close : meaning::not_plain;
  case 14: return is_named(name, "content-length") ? meaning::not_plain : meaning::none;
  case 16: return is_named(name, "proxy-connection") ? meaning::not_plain : meaning::none;
  case 17: return is_named(name, "transfer-encoding") ? meaning::not_plain : meaning::none;
  default: return meaning::none;
  }
}

// `text` at the front of the bytes. (One comparison of words, which that of string views is not.)
template <std::size_t Size>
bool begins_with(std::string_view bytes, const char (&text)[Size]) noexcept {
  return bytes.size() >= Size - 1 && std::memcmp(bytes.data(), text, Size - 1) == 0;
}

// Takes "METHOD target HTTP/1.x" with its line end; null when it is not plain.
const char* take_request_line(std::string_view bytes, const limits& limits, request& message, std::string& path_scratch) {
  const bool is_get = begins_with(bytes, "GET ");
  if (!is_get && !begins_with(bytes, "HEAD ")) return nullptr;
  message.method = is_get ? method::get : method::head;
  message.method_text = bytes.substr(0, is_get ? 3 : 4);
  if (message.method_text.size() > limits.method_bytes) return nullptr;
  const auto rest = bytes.substr(message.method_text.size() + 1);

  auto length = normal_path_bytes(rest);
  if (length > 0 && length < rest.size() && rest[length] == ' ') {
    message.target = message.path = rest.substr(0, length);
  } else {
    length = rest.find_first_of(" \r\n", length);
    if (length == std::string_view::npos) return nullptr;
    message.target = rest.substr(0, length);
    const auto parts = split_target(message.target, path_scratch);
    if (!parts.refusal.empty() || parts.path == "*") return nullptr;
    message.path = parts.path;
    message.query = parts.query;
  }

  constexpr std::size_t version_bytes = std::string_view(" HTTP/1.1").size();
  const auto end = rest.substr(length);
  message.http_1_1 = begins_with(end, " HTTP/1.1\r\n");
  if (!message.http_1_1 && !begins_with(end, " HTTP/1.0\r\n")) return nullptr;
  if (message.method_text.size() + 1 + length + version_bytes > limits.request_line_bytes) return nullptr;
  return end.data() + version_bytes + 2;
}

} // namespace

std::size_t take_plain_head(std::string_view bytes, const limits& limits, request& message, std::vector<header_field>& fields,
                            std::string& path_scratch) {
  bytes = bytes.substr(0, limits.head_bytes);
  const char* at = take_request_line(bytes, limits, message, path_scratch);
  if (at == nullptr) return 0;
  const char* const end = bytes.data() + bytes.size();
  bool has_host = false, wants_close = false, wants_keep_alive = false;
  for (;;) {
    const char* const name_begin = at;
    while (at != end && token_bytes[static_cast<unsigned char>(*at)]) ++at;
    const std::string_view name(name_begin, static_cast<std::size_t>(at - name_begin));
    if (end - at < 2) return 0;
    if (name.empty()) {
      if (at[0] != '\r' || at[1] != '\n') return 0;
      break;
    }
    if (*at != ':') return 0;
    do ++at;
    while (at != end && is_blank(*at));
    const char* const value_begin = at;
    at = end_of_printable(at, end);
    const std::string_view value(value_begin, static_cast<std::size_t>(at - value_begin));
    if (end - at < 2 || at[0] != '\r' || at[1] != '\n' || value.empty() || is_blank(value.back())) return 0;
    at += 2;
    if (name.size() > limits.field_name_bytes || value.size() > limits.field_value_bytes || fields.size() >= limits.fields) return 0;
    switch (meaning_of(name, value)) {
    case meaning::host:
      if (has_host || !is_authority(value)) return 0;
      has_host = true;
      break;
    case meaning::close: wants_close = true; break;
    case meaning::keep_alive: wants_keep_alive = true; break;
    case meaning::not_plain: return 0;
    case meaning::none: break;
    }
    add_field(fields, message.claims, {name, value});
  }
  if (message.http_1_1 && !has_host) return 0;
  message.keep_alive = !wants_close && (message.http_1_1 || wants_keep_alive);
  return static_cast<std::size_t>(at + 2 - bytes.data());
}

} // namespace troupe::http
