#pragma once

#include <cstdint>

namespace troupe::server {

/// How a listener's connection actors receive and send; readiness comes from epoll always. TLS sessions move their own bytes, by calls of
/// their own. platform/README.md has what each costs.
enum class backend : std::uint8_t {
  automatic, ///< by io_uring when several sessions are ready at once; where the kernel refuses, as epoll
  epoll,     ///< a system call for each receive and send
  io_uring,  ///< always those of all sessions that are ready in one system call; where the kernel refuses, as epoll, after a warning
};

} // namespace troupe::server
