#include "services/stats/checks.hpp"

#include <string>

namespace troupe::stats {

namespace {

bool is_valid_id(std::string_view id) noexcept { return !id.empty() && id.size() <= most_id_bytes; }

/// What is wrong with an event, from the name of its field on; empty when nothing is.
std::string_view fault_of(const v1::Event& e) noexcept {
  if (!is_valid_id(e.id())) return "id: must have 1 to 64 bytes";
  if (e.type() != v1::EVENT_TYPE_VIEW && e.type() != v1::EVENT_TYPE_PURCHASE) {
    return "type: must be one of \"view\", \"purchase\"";
  }
  if (!is_valid_id(e.product_id())) return "product_id: must have 1 to 64 bytes";
  if (!e.has_quantity()) return e.type() == v1::EVENT_TYPE_PURCHASE ? "quantity: a purchase needs it" : "";
  if (e.quantity() < 1 || e.quantity() > most_quantity) return "quantity: must be 1 to 1000000";
  return "";
}

} // namespace

base::result<void> check(const v1::PublishEventsRequest& request) {
  if (request.events_size() < 1 || request.events_size() > most_events) {
    return base::fail(base::errc::invalid_argument, "events: must have 1 to 1000 elements");
  }
  for (int i = 0; i < request.events_size(); ++i) {
    if (const auto fault = fault_of(request.events(i)); !fault.empty()) {
      return base::fail(base::errc::invalid_argument,
                        "events[" + std::to_string(i) + "]." + std::string(fault));
    }
  }
  return {};
}

base::result<void> check(const v1::TopRequest& request) {
  if (request.metric() != v1::METRIC_VIEWS && request.metric() != v1::METRIC_PURCHASES) {
    return base::fail(base::errc::invalid_argument, "metric: must be one of \"views\", \"purchases\"");
  }
  if (request.window() != v1::WINDOW_1M && request.window() != v1::WINDOW_1H &&
      request.window() != v1::WINDOW_ALL) {
    return base::fail(base::errc::invalid_argument, "window: must be one of \"1m\", \"1h\", \"all\"");
  }
  if (request.limit() < 1 || request.limit() > most_items) {
    return base::fail(base::errc::invalid_argument, "limit: must be an integer from 1 to 100");
  }
  return {};
}

bool is_valid(const v1::ProductCount& count) noexcept {
  return is_valid_id(count.product_id()) && count.count() >= 1 && count.count() <= most_quantity;
}

} // namespace troupe::stats
