#pragma once

#include "platform/http/limits.hpp"
#include "platform/http/refusal.hpp"

#include <cstddef>
#include <string_view>

namespace troupe::http {

/// Takes the empty lines before a request line away; they are the remains of a careless client's last body. False when there are more
/// than the limit. Source: RFC 9112 section 2.2.
[[nodiscard]] bool skip_empty_lines(std::string_view& bytes, const limits& limits) noexcept;

/// Looks at an incomplete head: refuses early what can never become a request (too many empty lines, a byte that no method has, a
/// request line over its limit or without a version, a head over its limit, a line that ends otherwise than with CR LF).
/// `detail` is empty while there is hope. `looked_at`: bytes that an earlier look at this head has found no fault with.
/// Cost: O(request line + bytes not looked at), so that a head that comes byte by byte is not read over and over.
[[nodiscard]] refusal hopeless_head(std::string_view bytes, const limits& limits, std::size_t looked_at = 0) noexcept;

/// Looks for lines that end otherwise than with CR LF or are folded, from byte `from` on. A CR at the end may still become a line end.
[[nodiscard]] refusal line_fault(std::string_view bytes, std::size_t from = 0) noexcept;

/// Whether an incomplete head has its whole request line, so that its client deserves an answer.
[[nodiscard]] bool has_request_line(std::string_view bytes, const limits& limits) noexcept;

/// Whether a request line is well formed but for the number of its version.
[[nodiscard]] bool names_another_version(std::string_view line) noexcept;

inline constexpr refusal version_not_spoken{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
inline constexpr refusal version_missing{400, "the request line does not end with one space and a version"};

} // namespace troupe::http
