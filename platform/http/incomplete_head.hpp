#pragma once

#include "platform/http/limits.hpp"
#include "platform/http/refusal.hpp"

#include <cstddef>
#include <string_view>

// The lines of a head that may not be complete; the request parser's `look` puts them together.
namespace troupe::http {

/// Takes the empty lines before a request line away; they are the remains of a careless client's last body. False when there are more
/// than the limit. Source: RFC 9112 section 2.2.
[[nodiscard]] bool skip_empty_lines(std::string_view& bytes, const limits& limits) noexcept;

/// Whether an incomplete head has its whole request line, so that its client deserves an answer.
[[nodiscard]] bool has_request_line(std::string_view bytes, const limits& limits) noexcept;

/// A line of a head without its end, or as much of it as has come.
struct head_line {
  std::string_view text;
  bool is_whole = false;
  std::size_t looked_at = 0; ///< bytes of it that an earlier look has found no wrong line end in
};

/// The line that begins at byte `begin`. `looked_at`: bytes of the head that an earlier look has seen. A CR at the end of the bytes may still become
/// a line end, and is left out. Lifetime: of the bytes. Cost: O(bytes not looked at).
[[nodiscard]] head_line next_line(std::string_view head, std::size_t begin, std::size_t looked_at) noexcept;

/// What is wrong with a request line as far as it has come: a byte that no method has, a length over a limit, an end otherwise than with CR LF,
/// no version. Cost: O(method + bytes not looked at), and O(line) once it is whole.
[[nodiscard]] refusal request_line_fault(const head_line& line, const limits& limits) noexcept;

/// What is wrong with the beginning and the ends of a field line as far as it has come. Cost: O(bytes not looked at).
[[nodiscard]] refusal field_line_fault(const head_line& line) noexcept;

inline constexpr refusal version_not_spoken{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
inline constexpr refusal version_missing{400, "the request line does not end with one space and a version"};

} // namespace troupe::http
