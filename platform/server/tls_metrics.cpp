#include "platform/server/tls_metrics.hpp"

namespace troupe::server {

tls_metrics::tls_metrics(metrics::registry& registry, const std::string& listener, std::size_t writer) {
  const auto handshakes = [&](const char* outcome, const char* version) {
    return &registry.counter("troupe_tls_handshakes_total", "TLS handshakes by how they ended and the version they agreed on.",
                             {{"listener", listener}, {"outcome", outcome}, {"version", version}}, writer);
  };
  completed_1_2_ = handshakes("ok", "1.2");
  completed_1_3_ = handshakes("ok", "1.3");
  failed = handshakes("failed", "none");
  timed_out = handshakes("timed_out", "none");
  resumed_ = &registry.counter("troupe_tls_resumed_total", "Complete handshakes that resumed an earlier session.",
                               {{"listener", listener}}, writer);
  in_kernel_ = &registry.counter("troupe_tls_kernel_total", "Sessions whose answers the kernel encrypts (kTLS).",
                                 {{"listener", listener}}, writer);
}

void tls_metrics::completed(bool is_1_3, bool resumed, bool in_kernel) {
  (is_1_3 ? completed_1_3_ : completed_1_2_)->add();
  if (resumed) resumed_->add();
  if (in_kernel) in_kernel_->add();
}

} // namespace troupe::server
