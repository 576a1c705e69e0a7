#pragma once

#include "platform/http/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::server {

/// Bounds of a session that has become a WebSocket.
struct websocket_limits {
  std::size_t message_bytes = 1024 * 1024;         ///< all fragments together: 1009
  std::chrono::milliseconds ping_interval{30'000}; ///< of silence; then the client is asked whether it is there
  std::chrono::milliseconds pong_timeout{10'000};  ///< for a pong or anything else after a ping: closed
  std::chrono::milliseconds close_timeout{2'000};  ///< for the client's close frame after ours: closed
  bool compression = false;                        ///< permessage-deflate, for clients that offer it
  int compression_level = 1;                       ///< 1 (fast) to 6 (small)
  std::size_t most_inflation = 100;                ///< times its compressed bytes that a message may have, though 8 KiB always: 1009
  std::size_t inflated_bytes = 32 * 1024 * 1024;   ///< that came compressed to one connection actor and are not answered; above it 1013
};

/// Bounds of a listener's sessions. What a client sees when one is hit stands in platform/http/README.md.
struct limits {
  http::limits request;
  websocket_limits websocket;
  std::size_t sessions = 100'000;           ///< per listener; above it the kernel's backlog holds new connections
  std::uint32_t sessions_per_peer = 0;      ///< above it closed at once; 0: a quarter of `sessions`, at least 100
  std::size_t pipeline_depth = 32;          ///< requests of one session in flight; above it the session is not read
  std::size_t in_flight = 50'000;           ///< exchanges of one connection actor; above it 503
  std::size_t held_bytes = 64 * 1024 * 1024; ///< incomplete requests of one connection actor, `intake::own_bytes` for each among them; above it 503 and close
  std::size_t answer_bytes = 256 * 1024 * 1024; ///< answers of one connection actor that clients have not taken; above it 503
  std::uint32_t requests_per_session = 1'000'000; ///< then `Connection: close`
  std::chrono::milliseconds tls_handshake_timeout{5'000}; ///< from the accept to the end of the TLS handshake: closed
  std::chrono::milliseconds head_timeout{5'000};  ///< from the first byte of a head to its end: 408
  std::chrono::milliseconds body_timeout{30'000}; ///< from the end of the head, or 100 Continue, to the end of the body: 408
  std::uint32_t body_rate = 500;            ///< bytes a second that a body must bring on average: 408; 0: any
  std::chrono::milliseconds body_rate_after{10'000}; ///< from the end of the head until the rate counts
  std::chrono::milliseconds idle_timeout{60'000}; ///< between requests: closed silently
  std::chrono::milliseconds write_timeout{30'000}; ///< for the client to take an answer, or 256 KiB of it: closed
  std::chrono::milliseconds linger_timeout{1'000}; ///< for the client to see our last answer while its bytes are dropped
  std::chrono::milliseconds drain_idle{500};       ///< how long an idle session stays when the server drains
};

/// How a listener's answers are sent.
struct response_options {
  bool gzip = true;   ///< compress what may be, for clients that accept it
  int gzip_level = 3; ///< 1 to 9; http/README.md has what each costs
};

} // namespace troupe::server
