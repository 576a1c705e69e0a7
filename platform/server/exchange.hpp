#pragma once

#include "platform/actor/envelope.hpp"
#include "platform/base/clock.hpp"
#include "platform/base/ip_address.hpp"
#include "platform/http/response.hpp"
#include "platform/server/slab.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe::actor {
class service_slot;
}

namespace troupe::server {

/// Marks a message id as one of a WebSocket's message and not of an exchange.
inline constexpr std::uint64_t channel_numbers = std::uint64_t{1} << 58;

/// One request and its pending answer. It outlives its session when a service still works on it: the answer is then dropped.
struct exchange {
  static constexpr std::size_t no_route = SIZE_MAX;

  std::uint32_t session = slab<int>::none;
  std::uint32_t next = slab<int>::none; ///< the session's next younger exchange
  std::uint32_t generation = 0;         ///< part of the request id, so that a late answer to an earlier use misses
  std::uint32_t due = 0;                ///< tick of its deadline
  std::size_t route = no_route;
  std::uint32_t stream = slab<int>::none; ///< borrowed while its body comes from a service
  std::uint32_t batch = 0;               ///< that its request was sent in; 0: in none, or it is answered
  actor::service_slot* awaits = nullptr; ///< the service whose answer or stream is outstanding; holds a place in its limit
  base::time_point started;
  actor::trace_context trace;
  base::ip_address client; ///< as trusted proxies name it; not known: whoever the session is with
  http::response response;
  std::size_t held_bytes = 0; ///< of `response`, as counted against the actor's bound
  bool answered = false;   ///< `response` is final
  bool head_only = false;
  bool http_1_1 = true;
  bool keep_alive = true;
  bool may_compress = false; ///< the route's rule
  bool is_alone = false;     ///< the route's rule: what the session asks behind it waits
  bool accepts_gzip = false;
  bool upgrades = false;   ///< asks that its session become a WebSocket
};

// A request's number in its message id: the place of its exchange and the generation of that place.
inline constexpr unsigned exchange_place_bits = 24;
[[nodiscard]] inline std::uint64_t number_of(std::uint32_t place, std::uint32_t generation) noexcept {
  return static_cast<std::uint64_t>(generation) << exchange_place_bits | place;
}

} // namespace troupe::server
