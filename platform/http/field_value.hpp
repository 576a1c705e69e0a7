#pragma once

#include <algorithm>
#include <string_view>

namespace troupe::http {

/// Whether a text may stand as a value in a head that we send: printable ASCII, spaces and tabs, so that it stays on its line.
/// Bytes above ASCII are legal in old fields alone, and every reader makes something else of them. Source: RFC 9110 section 5.5.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
}

} // namespace troupe::http
