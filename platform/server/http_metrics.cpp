#include "platform/server/http_metrics.hpp"

#include "platform/server/exchange.hpp"

#include <algorithm>

namespace troupe::server {

http_metrics::http_metrics(metrics::registry& registry, const routes& routes, const std::string& listener,
                           std::size_t writer)
    : registry_(registry), routes_(routes), listener_(listener), writer_(writer), counters_(routes.size() + 1) {
  const metrics::labels labels{{"listener", listener}};
  sessions = &registry.gauge("troupe_http_sessions", "Open client connections.", labels, writer);
  sessions_opened = &registry.counter("troupe_http_sessions_opened_total", "Client connections accepted.", labels, writer);
  timed_out = &registry.counter("troupe_http_sessions_timed_out_total", "Sessions closed because a deadline passed.",
                                labels, writer);
  bad_proxy_header = &registry.counter(refused_metric, refused_help, {{"listener", listener}, {"reason", "proxy_header"}}, writer);
  over_limit = &registry.counter(refused_metric, refused_help, {{"listener", listener}, {"reason", "client_limit"}}, writer);
  late = &registry.counter("troupe_http_late_replies_total", "Replies of services that nobody waited for any more.",
                           labels, writer);
  cut = &registry.counter("troupe_http_streams_cut_total", "Streamed answers that their service did not complete.", labels, writer);
  const auto pool = [&](const char* name) {
    return &registry.gauge("troupe_http_pool_in_use", "Records borrowed from a connection actor's pools.",
                           {{"listener", listener}, {"pool", name}}, writer);
  };
  exchanges = pool("exchanges");
  intakes = pool("intakes");
  outputs = pool("outputs");
  request_bytes = &registry.gauge("troupe_http_held_request_bytes", "Bytes of incomplete requests, and a KiB for each.", labels, writer);
  answer_bytes = &registry.gauge("troupe_http_held_answer_bytes", "Bytes of answers that clients have not taken.", labels, writer);
  streams = pool("streams");
  for (std::size_t i = 0; i <= routes.size(); ++i) {
    const auto pattern = i < routes.size() ? routes.at(i).pattern : std::string("none");
    latencies_.push_back(&registry.histogram("troupe_http_request_duration_seconds",
                                             "From the turn that parsed a request to the turn that has its answer.",
                                             {{"listener", listener}, {"route", pattern}}, writer));
  }
}

void http_metrics::answered(std::size_t route, std::uint16_t status, std::chrono::nanoseconds took) {
  const auto index = std::min(route, routes_.size());
  auto& counters = counters_[index];
  if (!counters) counters = std::make_unique<row>();
  auto& cell = (*counters)[status >= 100 && status < 600 ? status - 100u : 499u];
  if (!cell) {
    const auto pattern = index < routes_.size() ? routes_.at(index).pattern : std::string("none");
    cell = &registry_.counter("troupe_http_requests_total", "Answers by route and status.",
                              {{"listener", listener_}, {"route", pattern}, {"status", std::to_string(status)}}, writer_);
  }
  cell->add();
  latencies_[index]->record(took);
}

} // namespace troupe::server
