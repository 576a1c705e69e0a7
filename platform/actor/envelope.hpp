#pragma once

#include "platform/base/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::actor {

/// More important work is shed later.
enum class priority : std::uint8_t { low, normal, high };

/// W3C trace context of a request. Source: https://www.w3.org/TR/trace-context/.
struct trace_context {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0; ///< with trace_high the 128-bit trace id; never both 0 in a request
  std::uint64_t span = 0;
  bool sampled = false;

  /// The trace id as 32 lower-case hexadecimal digits: it is also the request id that clients and logs see.
  [[nodiscard]] std::string request_id() const;
};

/// What travels with every message to a service, as the first parameter of every contract signature.
struct envelope {
  base::time_point deadline = base::time_point::max(); ///< monotonic; work is not begun after it
  base::time_point sent;                               ///< when it was put into the mailbox, for the mailbox-wait metric
  trace_context trace;
  actor::priority priority = actor::priority::normal;
  std::string principal;       ///< authenticated caller; empty: nobody
  std::string idempotency_key; ///< validated; empty: none was sent
};

} // namespace troupe::actor
