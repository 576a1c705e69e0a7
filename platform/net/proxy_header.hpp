#pragma once

#include "platform/base/ip_address.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::net {

/// What the beginning of a connection says when it is read as a PROXY protocol header, version 2.
struct proxy_header {
  enum class outcome : std::uint8_t {
    need_more, ///< may become one
    complete,
    refused,   ///< none, a malformed one, version 1, or beyond `most_bytes`: the connection must be dropped
  };

  /// A header with more than this is refused; the protocol's own senders stay within 536.
  static constexpr std::size_t most_bytes = 4096;

  outcome status = outcome::need_more;
  std::size_t size = 0;    ///< with `complete`: where the client's own bytes begin
  base::ip_address client; ///< not known: the sender speaks for itself (LOCAL), or the family has no IP addresses; then the peer is the client
  bool is_local = false;   ///< the sender speaks for itself, and for nobody behind it
};

/// Reads a header from the bytes that have come so far. Addresses of TCP over IPv4 and IPv6 are taken; those of other families are passed
/// over, as are all TLVs. Source: HAProxy, "The PROXY protocol", section 2.2. Cost: O(1).
[[nodiscard]] proxy_header read_proxy_header(std::string_view bytes) noexcept;

} // namespace troupe::net
