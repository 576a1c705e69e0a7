#pragma once

#include <string_view>

namespace troupe::retail {

/// Whether a byte of the text is an ASCII control character (00-1F, 7F).
[[nodiscard]] bool has_control(std::string_view text) noexcept;

/// Whether every byte is a visible ASCII character (21-7E).
[[nodiscard]] bool is_visible_ascii(std::string_view text) noexcept;

} // namespace troupe::retail
