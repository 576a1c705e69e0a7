#pragma once

#include "platform/base/result.hpp"

#include <string>
#include <string_view>

namespace troupe::retail {

/// The server that a replay sends to.
struct target_url {
  std::string host;      ///< name or address; an IPv6 address without its brackets
  std::string port;      ///< decimal, 1..65535
  std::string authority; ///< host and port as the Host field has them. Source: RFC 9110 section 7.2
};

/// Reads `http://host[:port][/]`; the port is 80 unless given. No path, query, fragment, user or https.
/// Errors: invalid_argument, with what to write instead.
[[nodiscard]] base::result<target_url> parse_target_url(std::string_view url);

} // namespace troupe::retail
