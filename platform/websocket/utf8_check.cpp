#include "platform/websocket/utf8_check.hpp"

#include <cstring>

namespace troupe::websocket {

bool utf8_check::take(std::string_view piece) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(piece.data());
  const auto* const end = at + piece.size();
  while (at < end) {
    if (missing_ == 0) {
      std::uint64_t word = 0;
      while (end - at >= 8 && (std::memcpy(&word, at, 8), (word & 0x8080808080808080u) == 0)) at += 8;
      if (at == end) return true;
      const unsigned first = *at++;
      if (first < 0x80) continue;
      least_ = 0x80;
      most_ = 0xBF;
      if (first >= 0xC2 && first <= 0xDF) {
        missing_ = 1;
      } else if (first >= 0xE0 && first <= 0xEF) {
        missing_ = 2;
        if (first == 0xE0) least_ = 0xA0; // shorter forms exist
        if (first == 0xED) most_ = 0x9F;  // surrogates
      } else if (first >= 0xF0 && first <= 0xF4) {
        missing_ = 3;
        if (first == 0xF0) least_ = 0x90;
        if (first == 0xF4) most_ = 0x8F; // above U+10FFFF
      } else {
        return false;
      }
      continue;
    }
    const unsigned byte = *at++;
    if (byte < least_ || byte > most_) return false;
    least_ = 0x80;
    most_ = 0xBF;
    --missing_;
  }
  return true;
}

} // namespace troupe::websocket
