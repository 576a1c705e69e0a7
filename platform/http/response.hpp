#pragma once

#include "platform/base/bytes.hpp"
#include "platform/base/error.hpp"
#include "platform/http/content_type.hpp"
#include "platform/http/prepared_fields.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

class file_part;

/// What a route answers. The connection plane adds the status line, Date, Content-Length or Transfer-Encoding, and Connection.
/// Its body is one of three: bytes, a part of a file, or what a service streams.
struct response {
  std::uint16_t status = 200;
  /// The body comes from a service chunk by chunk (`server::stream`), and its length is not known. Set by the platform.
  bool is_streamed = false;

 private:
  friend struct unchecked_fields;
  bool has_own_type_ = false; // here it costs no room
  std::string fields_;

 public:
  /// A literal, or a `checked` text of the route's that outlives the answer. Empty: no Content-Type. A text that does not live that long, as a client's,
  /// goes through `add_field`, and then this one is not sent.
  http::content_type content_type;
  /// Sent as it is; never copied when larger than a few kilobytes.
  base::shared_bytes body;
  /// If set, it is the body, and `body` is not looked at.
  std::shared_ptr<const file_part> file;
  /// Fields that many answers have.
  http::prepared_fields shared_fields;

  /// Adds a field. A name that is not a token, or a value with anything but printable ASCII, spaces and tabs, is dropped
  /// and false returned; so are the fields that frame the message (`frames_message`), which the connection plane writes, and a
  /// Content-Type after the first. Where there is one, `content_type` is not sent: it is sent once, whatever the order. So nothing that a
  /// handler puts here can split the response, contradict its length or give it two types.
  /// Source: RFC 9110 section 5.5, RFC 9112 section 6.
  bool add_field(std::string_view name, std::string_view value);

  /// The lines that `add_field` has made, each ending in CRLF. Lifetime: until the next is added.
  [[nodiscard]] std::string_view own_fields() const noexcept { return fields_; }

  /// Whether a Content-Type is among them.
  [[nodiscard]] bool has_own_type() const noexcept { return has_own_type_; }

  /// The value of the first field of that name among both, or nullopt. Lifetime: until they
  /// change. Cost: O(bytes of fields).
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept;

  /// As new; cheaper than the assignment of a new one, as most members are empty already.
  void clear() noexcept;

  /// The bytes of the body; of a streamed one 0.
  [[nodiscard]] std::uint64_t content_length() const noexcept;
};

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
