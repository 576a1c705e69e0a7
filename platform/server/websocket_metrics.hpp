#pragma once

#include "platform/metrics/registry.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::server {

/// The metric cells of one connection actor's WebSockets. Thread: its owner; anyone may read the registry.
class websocket_metrics {
 public:
  /// `listener`: the `listener` label. `writer`: the actor's number within it.
  websocket_metrics(metrics::registry& registry, const std::string& listener, std::size_t writer);

  /// Counts the end of a channel. `code`: as the service is told it; codes that applications choose share two labels. The first of a code takes a lock.
  void closed(std::uint16_t code);

  metrics::gauge* open;
  metrics::counter* received;
  metrics::counter* sent;
  metrics::counter* dropped; ///< messages to clients that read too slowly
  /// Bytes of messages before and after permessage-deflate.
  metrics::counter* inflated_from;
  metrics::counter* inflated_to;
  metrics::counter* deflated_from;
  metrics::counter* deflated_to;

 private:
  static constexpr std::size_t registered_codes = 16; // 1000 to 1015; then 3000 to 3999, 4000 to 4999, others

  metrics::registry& registry_;
  std::string listener_;
  std::size_t writer_;
  std::array<metrics::counter*, registered_codes + 3> closed_{};
};

} // namespace troupe::server
