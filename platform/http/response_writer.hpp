#pragma once

#include "platform/base/clock.hpp"
#include "platform/http/response.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::http {

/// "Date: ...\r\n", rendered once a second. Thread: one at a time; every connection actor has its own.
class date_field {
 public:
  /// Renders anew when `now` is in another second than before. Cost: 2 ns when it is not.
  [[nodiscard]] std::string_view at(base::unix_micros now);

 private:
  std::int64_t second_ = -1;
  std::array<char, 37> line_{};
};

/// What the writer must know of the request that is answered.
struct answer_frame {
  bool head_only = false;    ///< HEAD: the fields of the whole answer, without the body
  bool http_1_1 = true;
  bool keep_alive = true;    ///< whether the connection stays open after this answer
};

/// Appends the head of an answer: status line, Date, Content-Type, the response's own fields, Content-Length (but with 1xx, 204 and
/// 304; 0 with 205) or, when the body is streamed, Transfer-Encoding, and Connection where the version does not imply it. HTTP/1.0 knows no
/// chunks: there the end of the connection ends the body, so `keep_alive` must be false. The body is left to the caller, who copies or gathers it.
/// Source: RFC 9110 sections 6.6.1 and 8.6, RFC 9112 sections 6.3 and 9.3. Cost: about 40 ns, no allocation once `out` has grown.
void write_head(std::string& out, const response& r, const answer_frame& frame, std::string_view date_line);

/// Whether an answer of this status may carry a body. Source: RFC 9110 sections 6.4.1 and 15.3.6.
[[nodiscard]] constexpr bool has_body(std::uint16_t status) noexcept {
  return status >= 200 && status != 204 && status != 205 && status != 304;
}

/// Appends the line that begins a chunk of so many bytes, more than 0; the chunk ends with CRLF. Source: RFC 9112 section 7.1.
void write_chunk_line(std::string& out, std::size_t bytes);
/// What follows the last chunk.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace troupe::http
