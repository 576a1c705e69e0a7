#pragma once

#include "platform/base/ip_network.hpp"

namespace troupe::server {

/// What a listener believes of those who speak for others.
struct proxies {
  base::ip_networks trusted; ///< their `Forwarded` and `X-Forwarded-For` count, and their sessions are not counted as one peer's
  bool speak_protocol = false; ///< every connection begins with a PROXY header, from `trusted` only when that is not empty
};

} // namespace troupe::server
