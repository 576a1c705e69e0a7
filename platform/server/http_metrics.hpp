#pragma once

#include "platform/metrics/registry.hpp"
#include "platform/server/routes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::server {

/// Connections that were closed before their first request, by reason.
inline constexpr std::string_view refused_metric = "troupe_http_sessions_refused_total";
inline constexpr std::string_view refused_help = "Connections closed before their first request.";

/// The metric cells of one connection actor. Thread: its owner; anyone may read the registry.
class http_metrics {
 public:
  /// `listener`: the `listener` label, "public" or "admin". `writer`: this actor's number within it.
  http_metrics(metrics::registry& registry, const routes& routes, const std::string& listener, std::size_t writer);

  /// Counts an answer. `route`: `exchange::no_route` for what matched none. Cost: 10 ns; the first answer of a status takes a lock.
  void answered(std::size_t route, std::uint16_t status, std::chrono::nanoseconds took);

  metrics::gauge* sessions;
  metrics::counter* sessions_opened;
  metrics::counter* timed_out;  ///< sessions closed because a deadline passed
  metrics::counter* bad_proxy_header; ///< sessions closed because they did not begin with a PROXY header
  metrics::counter* over_limit; ///< sessions closed because the client that a PROXY header names has its most
  metrics::counter* late;       ///< answers of services that came after their exchange had been answered or left
  metrics::counter* cut;        ///< streamed answers that ended before their last chunk, by the service's fault or deadline
  metrics::gauge* exchanges;    ///< pool use: requests in flight
  metrics::gauge* intakes;      ///< pool use: incomplete or waiting requests
  metrics::gauge* outputs;      ///< pool use: blocked outputs
  metrics::gauge* request_bytes; ///< in incomplete requests
  metrics::gauge* answer_bytes;  ///< of answers that clients have not taken
  metrics::gauge* streams;      ///< pool use: answers that a service streams

 private:
  static constexpr std::size_t statuses = 500; // 100..599
  using row = std::array<metrics::counter*, statuses>;

  metrics::registry& registry_;
  const routes& routes_;
  std::string listener_;
  std::size_t writer_;
  std::vector<std::unique_ptr<row>> counters_;     // by route; the last is for no route
  std::vector<metrics::histogram*> latencies_;     // by route
};

} // namespace troupe::server
