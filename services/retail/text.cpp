#include "services/retail/text.hpp"

#include "platform/base/escape.hpp"

#include <algorithm>
#include <cstddef>

namespace troupe::retail {

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto size = base::utf8_character(text.substr(i));
    if (size == 0) return false;
    i += size;
  }
  return true;
}

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

} // namespace troupe::retail
