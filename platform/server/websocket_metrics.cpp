#include "platform/server/websocket_metrics.hpp"

namespace troupe::server {

websocket_metrics::websocket_metrics(metrics::registry& registry, const std::string& listener, std::size_t writer)
    : registry_(registry), listener_(listener), writer_(writer) {
  open = &registry.gauge("troupe_websockets", "Open WebSockets.", {{"listener", listener}}, writer);
  const auto messages = [&](const char* direction) {
    return &registry.counter("troupe_websocket_messages_total", "Messages of WebSockets, by direction.",
                             {{"direction", direction}, {"listener", listener}}, writer);
  };
  received = messages("in");
  sent = messages("out");
  dropped = &registry.counter("troupe_websocket_dropped_total", "Messages that were not sent because the client read too slowly.",
                              {{"listener", listener}}, writer);
  const auto deflate_bytes = [&](const char* direction, const char* form) {
    return &registry.counter("troupe_websocket_deflate_bytes_total", "Bytes of messages that travelled compressed, in either form.",
                             {{"direction", direction}, {"form", form}, {"listener", listener}}, writer);
  };
  inflated_from = deflate_bytes("in", "compressed");
  inflated_to = deflate_bytes("in", "plain");
  deflated_from = deflate_bytes("out", "plain");
  deflated_to = deflate_bytes("out", "compressed");
}

void websocket_metrics::closed(std::uint16_t code) {
  std::size_t place = registered_codes + 2;
  std::string label = "other";
  if (code >= 1000 && code < 1000 + registered_codes) {
    place = code - 1000U;
    label = std::to_string(code);
  } else if (code >= 3000 && code < 5000) {
    place = registered_codes + (code >= 4000 ? 1 : 0);
    label = code >= 4000 ? "4000-4999" : "3000-3999";
  }
  auto*& cell = closed_[place];
  if (!cell) {
    cell = &registry_.counter("troupe_websocket_closes_total", "Ends of WebSockets, by close code.",
                              {{"code", label}, {"listener", listener_}}, writer_);
  }
  cell->add();
}

} // namespace troupe::server
