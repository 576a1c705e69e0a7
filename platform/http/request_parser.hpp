#pragma once

#include "platform/http/limits.hpp"
#include "platform/http/refusal.hpp"
#include "platform/http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace troupe::http {

/// Bytes of HTTP/1.x in, one validated request out; knows no socket. Framing is decided here and not left to the library
/// below: Transfer-Encoding beside Content-Length, a Content-Length twice, any coding but one `chunked`, and
/// `chunked` in HTTP/1.0 are refused, so that no front end can see another end of the request than this one.
/// Sources: RFC 9112 sections 2 to 7, RFC 9110 sections 5 and 7.
///
/// Use: `reset`, then `parse` with bytes that begin with the whole head; while it says `need_more` after the head is
/// complete, further `parse` calls take further body bytes. When the head itself is not complete, gather more bytes, `look` at them, and begin again
/// with `reset` once it is: a partial head is not kept here.
/// Plain heads are read by `plain_head.hpp`, all others by the library. Thread: one at a time. Cost: 0.2 us for a minimal request, 1.4 us for a browser's
/// that is not plain; allocates only for a body that
/// arrives in pieces or a path that has to be decoded.
class request_parser {
 public:
  enum class status : std::uint8_t { need_more, complete, refused };

  /// `all_by_library`: no head takes the short way of `plain_head.hpp`; for holding the two ways against each other.
  explicit request_parser(const http::limits& limits, bool all_by_library = false);
  request_parser(request_parser&&) noexcept;
  request_parser& operator=(request_parser&&) noexcept;
  ~request_parser();

  /// Forgets everything; the next bytes begin a request.
  void reset();

  /// Takes bytes, without empty lines before the request line; sets `consumed` to how many of them belong to this request so far. The bytes of the head must stay where they are until the
  /// request has been used: fields are views into them.
  [[nodiscard]] status parse(std::string_view bytes, std::size_t& consumed);

  /// Looks at a head that is still coming: `head` is all of it so far, empty lines before it included, and begins with what earlier looks have seen.
  /// Refused (`detail` is not empty) is what can never become a request, at the byte that makes it so: the CR LF of a malformed line, the first byte
  /// beyond a limit, a byte that no method has, half of a line end. `parse` refuses a whole head for the same fault, however it came. Call `reset`
  /// before the first look, and before `parse`. Cost: O(bytes that are new and the lines that they complete).
  [[nodiscard]] refusal look(std::string_view head);

  /// Whether the head is complete, so that `request()` but its body is valid.
  [[nodiscard]] bool head_complete() const noexcept;
  /// Valid after `complete`, or but for the body after `head_complete`.
  [[nodiscard]] const http::request& request() const noexcept;
  [[nodiscard]] http::request& request() noexcept;
  /// Valid after `refused`.
  [[nodiscard]] http::refusal why_refused() const noexcept;
  /// Bytes of body held so far because they came in pieces.
  [[nodiscard]] std::size_t held_body_bytes() const noexcept;

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace troupe::http
