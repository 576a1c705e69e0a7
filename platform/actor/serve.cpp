#include "platform/actor/serve.hpp"

namespace troupe::actor {

service_metrics::service_metrics(metrics::registry& registry, std::string_view name, std::size_t replica)
    : service(name) {
  const metrics::labels labels{{"service", service}};
  handled = &registry.counter("troupe_service_requests_total", "Requests a service actor has begun.", labels, replica);
  expired = &registry.counter("troupe_service_expired_total",
                              "Requests dropped at dequeue because their deadline had passed.", labels, replica);
  crashed = &registry.counter("troupe_service_crashes_total", "Handlers that threw.", labels, replica);
  mailbox_wait = &registry.histogram("troupe_service_mailbox_wait_seconds",
                                     "Time from the send to the dequeue of a request.", labels, replica);
}

} // namespace troupe::actor
