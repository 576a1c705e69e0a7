#pragma once

#include "platform/metrics/registry.hpp"

#include <cstddef>
#include <string>

namespace troupe::server {

/// The TLS cells of one connection actor. Thread: its owner; anyone may read the registry.
struct tls_metrics {
  tls_metrics(metrics::registry& registry, const std::string& listener, std::size_t writer);

  /// Counts a complete handshake.
  void completed(bool is_1_3, bool resumed, bool in_kernel);

  metrics::counter* failed;
  metrics::counter* timed_out;

 private:
  metrics::counter* completed_1_2_;
  metrics::counter* completed_1_3_;
  metrics::counter* resumed_;
  metrics::counter* in_kernel_;
};

} // namespace troupe::server
