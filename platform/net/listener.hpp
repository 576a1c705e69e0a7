#pragma once

#include "platform/base/result.hpp"
#include "platform/net/socket.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::net {

/// "127.0.0.1:8080", "[::1]:8080" or "localhost:8080" in its parts; port 0: any free one.
struct address {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] static base::result<address> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

struct listener_options {
  int backlog = 4096;          ///< connections the kernel holds for us; cut by net.core.somaxconn
  bool reuse_port = false;     ///< several listeners on one port, the kernel spreads connections over them
  int defer_accept_s = 1;      ///< seconds the kernel keeps a connection back until bytes have come; 0: off
  int fast_open = 0;           ///< length of the queue for TCP Fast Open; 0: off
  int unsent_bytes = 128 * 1024; ///< of each accepted socket that the kernel takes and cannot send yet; more stays with us, where it is bounded
};

/// A bound, listening, non-blocking TCP socket.
class listener {
 public:
  /// Errors: invalid_argument for a host that cannot be resolved; unavailable when the port is taken, forbidden or IPv6 is off, each with what to do.
  [[nodiscard]] static base::result<listener> open(const address& where, const listener_options& options);

  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  /// Where it really listens: the port that was chosen for 0.
  [[nodiscard]] const address& where() const noexcept { return where_; }

 private:
  listener(socket s, address where) : socket_(std::move(s)), where_(std::move(where)) {}
  net::socket socket_;
  address where_;
};

/// What to do after a failed accept. Source: accept(2), "Error handling".
enum class accept_failure : std::uint8_t {
  drained,    ///< nothing waits: sleep until readiness
  transient,  ///< that connection is gone already (ECONNABORTED and the pending network errors): go on
  exhausted,  ///< no descriptors or memory: back off
  broken,     ///< the listening socket itself is unusable
};
[[nodiscard]] accept_failure classify_accept_error(int error_number) noexcept;

} // namespace troupe::net
