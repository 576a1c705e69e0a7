#pragma once

#include <string_view>

namespace troupe::retail {

/// Whether the bytes are UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. Source: RFC 3629
/// section 4. Cost: one pass.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Whether a byte of the text is an ASCII control character (00-1F, 7F).
[[nodiscard]] bool has_control(std::string_view text) noexcept;

/// Whether every byte is a visible ASCII character (21-7E).
[[nodiscard]] bool is_visible_ascii(std::string_view text) noexcept;

} // namespace troupe::retail
