#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::websocket {

/// Checks text that comes in pieces: says no at the first byte after which no continuation is well-formed UTF-8, wherever
/// the pieces were cut. Overlong forms, surrogates and characters above U+10FFFF are not well-formed.
/// Source: RFC 3629 section 4; Unicode 15 table 3-7. Cost: 8 bytes a step while they are ASCII; no allocation.
class utf8_check {
 public:
  /// False when the text cannot be UTF-8 any more; after that only `reset` may be called.
  [[nodiscard]] bool take(std::string_view piece) noexcept;
  /// Whether what was taken ends with a whole character.
  [[nodiscard]] bool is_complete() const noexcept { return missing_ == 0; }
  void reset() noexcept { *this = {}; }

 private:
  std::uint8_t missing_ = 0;   // continuation bytes of the character that has begun
  std::uint8_t least_ = 0x80;  // range of the next of them
  std::uint8_t most_ = 0xBF;
};

} // namespace troupe::websocket
