#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::websocket {

/// What was agreed on about permessage-deflate, beside that it is used. Both sides begin each message with an empty window, so that nothing is
/// kept of a session between its messages. Source: RFC 7692 section 7.1.
struct deflate_agreement {
  std::uint8_t window_bits = 15;   ///< the window of what the server sends is at most 2 to this: 9 to 15
  bool was_asked_for_bits = false; ///< by the client, so that the answer must say them
};

/// The extensions that a client offers in its handshake, judged as they are taken: permessage-deflate may be agreed on, others are passed over.
/// Thread: one. Cost: O(bytes).
class extension_offers {
 public:
  /// The value of one Sec-WebSocket-Extensions field; several are one list. Source: RFC 6455 section 9.1.
  void take(std::string_view value);

  /// Whether a value does not have the grammar of the field, so that the handshake must fail. Source: RFC 6455 section 9.1.
  [[nodiscard]] bool is_malformed() const noexcept { return is_malformed_; }

  /// The first of the offers that can be accepted. One with an unknown or doubled parameter, a value where none belongs, or one that is none is
  /// declined, and so is a window of 256 bytes, which zlib cannot keep to. Source: RFC 7692 sections 5.1, 7 and 7.1.
  [[nodiscard]] const std::optional<deflate_agreement>& agreement() const noexcept { return agreement_; }

 private:
  class reader;
  [[nodiscard]] bool take_offer(reader& in);

  std::optional<deflate_agreement> agreement_;
  bool is_malformed_ = false;
};

/// The answer's Sec-WebSocket-Extensions field line, ending in CRLF.
[[nodiscard]] std::string field_line(const deflate_agreement& agreement);

} // namespace troupe::websocket
