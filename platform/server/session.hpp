#pragma once

#include "platform/server/slab.hpp"

#include <cstdint>

namespace troupe::server {

/// One accepted connection and the state of its keep-alive: 48 bytes, the whole user-space cost of an idle one but for its
/// 12 bytes in the timing wheel and 4 in the free list (and about 60 when a PROXY header has named its client). Everything larger is borrowed while it is needed.
struct session {
  enum flag : std::uint16_t {
    registered = 1,       ///< in the actor's epoll instance
    readable = 2,         ///< the kernel may hold bytes that were not read, or the client may send on: to be read on, or closed gently
    blocked = 4,          ///< output waits for the socket to become writable
    no_more_requests = 8, ///< the last request was read: what follows is dropped
    close_when_flushed = 16,
    peer_finished = 32,   ///< the client has sent its last byte (half-close)
    lingering = 64,       ///< our side is shut; the client's bytes are dropped until it closes too
    dirty = 128,          ///< in the list of sessions with an answer to write
    resumable = 256,      ///< in the list of sessions to read on
    gathering = 512,      ///< part of a request has come and its deadline runs
    peer_finishes = 1024, ///< the end of the client's bytes is in the kernel, and no further edge will tell
    expects_proxy_header = 2048,
    from_trusted_proxy = 4096, ///< what its requests say about their client counts
    named_by_proxy = 8192,     ///< a PROXY header has named the client
    sending = 16384,           ///< its answers are in the batch that is being sent
    open_ended = 32768,        ///< part of a body of HTTP/1.0 has been written, whose end is that of the connection
  };

  int fd = -1;
  std::uint32_t generation = 0; ///< changes with every reuse, so that late events and answers miss
  std::uint32_t first_exchange = slab<int>::none; ///< requests in flight, oldest first
  std::uint32_t last_exchange = slab<int>::none;
  std::uint32_t intake = slab<int>::none; ///< borrowed while a request is incomplete or waits for its turn
  std::uint32_t output = slab<int>::none; ///< borrowed while output is blocked
  std::uint32_t tls = slab<int>::none;    ///< its stream on a TLS listener
  std::uint32_t websocket = slab<int>::none; ///< from the request to become a WebSocket on
  std::uint32_t due = 0;                  ///< tick at which the present state has lasted too long
  std::uint32_t served = 0;
  std::uint32_t peer = UINT32_MAX; ///< its place in `peer_counts`
  std::uint16_t in_flight = 0;
  std::uint16_t flags = 0;

  /// Whether `due` counts now; otherwise only the deadlines of the exchanges do.
  [[nodiscard]] bool is_timed() const noexcept { return in_flight == 0 || (flags & (blocked | lingering | gathering)) != 0; }

  [[nodiscard]] bool is(flag f) const noexcept { return (flags & f) != 0; }
  void set(flag f) noexcept { flags = static_cast<std::uint16_t>(flags | f); }
  void clear(flag f) noexcept { flags = static_cast<std::uint16_t>(flags & ~f); }
};

} // namespace troupe::server
