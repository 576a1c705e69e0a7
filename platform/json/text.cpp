#include "platform/json/text.hpp"

#include "platform/base/escape.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::json {

double to_double(std::string_view number, double estimate) noexcept {
  double value = 0;
  const auto end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, value);
  // Out of range is either infinite or nearly 0; the estimate knows which.
  return read.ec == std::errc() && read.ptr == end ? value : estimate;
}

std::string quoted(std::string_view key) {
  constexpr std::size_t shown = 64;
  auto end = std::min(key.size(), shown);
  // Not in the middle of a character.
  while (end < key.size() && end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0U) == 0x80U) --end;
  std::string out = "\"";
  out += key.substr(0, end);
  out += end < key.size() ? "...\"" : "\"";
  return out;
}

base::error not_valid(std::size_t offset, std::string_view what) {
  return {base::errc::invalid_argument,
          "not valid JSON at byte " + std::to_string(offset) + ": " + std::string(what)};
}

base::error explain(const boost::json::error_code& ec, std::string_view text, std::size_t offset,
                    std::size_t depth_limit) {
  using boost::json::error;
  if (text.starts_with("\xEF\xBB\xBF")) return not_valid(0, "a byte order mark is not allowed");
  if (ec == error::too_deep) {
    return not_valid(offset, "arrays and objects nest deeper than " + std::to_string(depth_limit));
  }
  if (ec == error::extra_data) return not_valid(offset, "something follows the value");
  if (ec == error::exponent_overflow) return not_valid(offset, "the exponent is too large");
  if (ec == error::incomplete || offset >= text.size()) return not_valid(offset, "the text ends too early");
  if (ec == error::illegal_leading_surrogate || ec == error::illegal_trailing_surrogate ||
      ec == error::expected_utf16_escape) {
    return not_valid(offset, "a \\u escape is half of a surrogate pair");
  }
  if (ec == error::expected_hex_digit) return not_valid(offset, "a \\u escape needs four hexadecimal digits");
  const auto byte = static_cast<unsigned char>(text[offset]);
  if (byte < 0x20) return not_valid(offset, "a control character is not allowed here");
  if (byte >= 0x80 && base::utf8_character(text.substr(offset)) == 0)
    return not_valid(offset, "it is not UTF-8");
  return not_valid(offset, "this character is not allowed here");
}

} // namespace troupe::json
