#pragma once

#include "platform/websocket/extension_offers.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::websocket {

/// What a route demands of an opening handshake.
struct handshake_rules {
  /// Origins of other hosts whose pages may connect, as "https://shop.example.org". A page of the host it asks (Origin names the
  /// same authority as the request), and a client that sends no Origin, which is no browser, always may.
  std::vector<std::string> origins;
  bool any_origin = false;               ///< for what is public to every page
  std::vector<std::string> subprotocols; ///< the first that the client offers and this list has is chosen
};

/// One opening handshake: fed the request's fields, then judged. Knows no HTTP library. Source: RFC 6455 sections 4.2 and 4.4.
/// Thread: one. Lifetime: the fields outlive it. Cost: O(fields); `judge` allocates the answer's fields only.
class handshake {
 public:
  /// How to answer. 101 switches the protocol; everything else is an error, `why` (static storage) says which.
  struct verdict {
    std::uint16_t status = 101;
    std::string_view why;
    std::string fields;             ///< field lines of the answer, each ending in CRLF
    std::string_view subprotocol; ///< chosen; "" for none. Lifetime: the rules'
    std::optional<deflate_agreement> deflate; ///< nothing: messages are not compressed
  };

  /// The request's target. Of one in absolute form the authority counts, and Host does not. Source: RFC 9112 section 3.2.2.
  void take_target(std::string_view target);
  /// One field of the request; others than those of the handshake are passed over.
  void take(std::string_view name, std::string_view value);

  /// - 426 with Upgrade and Sec-WebSocket-Version: no upgrade to `websocket` is asked for (RFC 9110 section 7.8), or another version than 13.
  /// - 400: HTTP/1.0, a body, a key that is not 16 bytes in base64 or not there once, extensions that are not of their grammar.
  /// - 403: an Origin that the rules do not allow.
  /// - 405: another method than GET.
  /// `may_compress`: whether an offer of permessage-deflate is accepted.
  [[nodiscard]] verdict judge(bool is_get, bool is_http_1_1, bool has_body, const handshake_rules& rules, bool may_compress = false) const;

 private:
  [[nodiscard]] bool allows_origin(const handshake_rules& rules) const;

  struct once {
    std::string_view value;
    int times = 0;
  };
  once key_, version_, origin_, host_;
  std::string_view authority_; // of the target; empty: it has none
  std::vector<std::string_view> offered_; // values of Sec-WebSocket-Protocol, in order
  extension_offers extensions_;
  bool names_websocket_ = false;          // in Upgrade
  bool names_upgrade_ = false;            // in Connection
};

/// What Sec-WebSocket-Accept must answer to a key. Source: RFC 6455 section 4.2.2, number 5.4.
[[nodiscard]] std::string accept_value(std::string_view key);

} // namespace troupe::websocket
