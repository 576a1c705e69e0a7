#pragma once

#include "platform/base/bytes.hpp"
#include "platform/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::http {

/// What a route answers. The connection plane adds the status line, Date, Content-Length and Connection.
struct response {
  std::uint16_t status = 200;
  /// Static storage only. Empty: no Content-Type.
  std::string_view content_type;
  /// Sent as it is; never copied when larger than a few kilobytes.
  base::shared_bytes body;
  /// Field lines rendered beforehand, each ending in CRLF, trusted: made with `render_field`. For what is
  /// sent often.
  base::shared_bytes prepared_fields;
  /// Field lines of this one answer; filled by `add_field`.
  std::string fields;

  /// Adds a field. A name that is not a token, or a value with CR, LF, NUL or another control character than
  /// TAB, is dropped and false returned; so are the fields that frame the message (Connection,
  /// Content-Length, Date, Transfer-Encoding), which the connection plane writes: nothing that a handler puts
  /// here can split the response or contradict its length.
  /// Source: RFC 9110 section 5.5, RFC 9112 section 6.
  bool add_field(std::string_view name, std::string_view value);
};

/// Appends "name: value\r\n" to out, under the first rule of `response::add_field`: false, and nothing
/// appended, when the name is not a token or the value holds a control character. Framing fields are the
/// caller's responsibility.
bool render_field(std::string& out, std::string_view name, std::string_view value);

/// A body of `application/json`.
[[nodiscard]] response json_response(std::uint16_t status, base::shared_bytes body);
[[nodiscard]] inline response json_response(std::uint16_t status, std::string_view body) {
  return json_response(status, base::shared_bytes(body));
}

/// The one shape of an error: RFC 9457 application/problem+json with type, title, status, detail, instance
/// (the request id as a URN) and request_id; the last two are left out when the id is empty. Whatever bytes
/// detail and id hold, the body is valid JSON. A status of 503 or 429 carries Retry-After: 1.
[[nodiscard]] response problem(const base::error& error, std::string_view request_id);
/// The same for a status that no code of ours maps to (405, 413, 431, ...).
[[nodiscard]] response problem(std::uint16_t status, std::string_view detail, std::string_view request_id);

/// 413 is "Content Too Large"; "Unknown" for a number that is not registered. Source: RFC 9110 section 15.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

/// The one table from our codes to HTTP.
[[nodiscard]] std::uint16_t status_of(base::errc code) noexcept;

} // namespace troupe::http
