#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::base {

/// Length in bytes of the well-formed UTF-8 character that begins the text: 1 to 4; 0 when what stands there
/// is not well-formed (overlong, a surrogate, above U+10FFFF, cut off) or the text is empty. Source: Unicode
/// 15 table 3-7.
[[nodiscard]] constexpr std::size_t utf8_character(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  if (text.empty()) return 0;
  const unsigned first = at(0);
  const unsigned second = at(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_high = first == 0xF4 && second > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// Whether the whole text is well-formed UTF-8. Cost: one pass.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto size = utf8_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

namespace detail {
/// Bytes of a JSON string that need no look at others and no escape.
inline constexpr auto stands_as_it_is = [] {
  std::array<bool, 256> stands{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) stands[byte] = byte != '"' && byte != '\\';
  return stands;
}();
} // namespace detail

/// Appends the text as the inside of a JSON string (no quotes around it): `"`, `\` and control characters are
/// escaped, and each byte that is not part of well-formed UTF-8 becomes U+FFFD, so the result is valid
/// whatever the bytes were.
/// Cost: O(bytes); at most 6 bytes written for one. Source: RFC 8259 section 7.
inline void append_json_escaped(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::size_t plain = 0; // start of the run that is copied as it is
  std::size_t i = 0;
  const auto flush = [&] { out.append(text.substr(plain, i - plain)); };
  for (;;) {
    while (i < text.size() && detail::stands_as_it_is[static_cast<unsigned char>(text[i])]) ++i;
    if (i == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (const auto size = byte < 0x80 ? 0 : utf8_character(text.substr(i)); size > 0) {
      i += size;
      continue;
    }
    flush();
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x80) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += "\xEF\xBF\xBD";
    }
    plain = ++i;
  }
  flush();
}

} // namespace troupe::base
