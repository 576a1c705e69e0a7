#pragma once

#include "platform/http/limits.hpp"
#include "platform/http/refusal.hpp"

#include <string_view>

namespace troupe::http {

/// Whether bytes where a chunk's line is due, or the line end before it, cannot be that. Cost: O(1).
[[nodiscard]] bool begins_no_chunk(std::string_view rest) noexcept;

/// Looks at what the library has not taken of a chunked body, which is no data: the end of a chunk and the line of the next, or the
/// last chunk with its trailers. `detail` is empty while there is hope. Source: RFC 9112 section 7.1. Cost: O(bytes), which the limits bound.
[[nodiscard]] refusal hopeless_chunk(std::string_view rest, const limits& bounds) noexcept;

inline constexpr refusal chunk_malformed{400, "a chunk is not framed by its size in hexadecimal and CR LF"};
inline constexpr std::string_view chunk_line_too_long = "a chunk's size and extensions are too long";
inline constexpr std::string_view trailer_too_large = "the trailer section is too large";

} // namespace troupe::http
