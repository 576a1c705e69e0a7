#include "services/stats/routes.hpp"

#include "platform/json/message.hpp"
#include "platform/server/json_only.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::stats {

namespace {

base::result<v1::PublishEventsRequest> decode_events(const http::request& request) {
  v1::PublishEventsRequest message;
  if (auto decoded = json::decode(request.body, message); decoded.has_error()) return decoded.error();
  return message;
}

http::response encode_published(const v1::PublishEventsReply& reply) {
  return http::json_response(202, json::encode(reply));
}

template <class Value>
struct choice {
  std::string_view text;
  Value value;
};

constexpr std::array<choice<v1::Metric>, 2> metrics{
    {{"purchases", v1::METRIC_PURCHASES}, {"views", v1::METRIC_VIEWS}}};
constexpr std::array<choice<v1::Window>, 3> windows{
    {{"1m", v1::WINDOW_1M}, {"1h", v1::WINDOW_1H}, {"all", v1::WINDOW_ALL}}};

// The value that a query parameter chooses; the default when it is not there.
template <class Value, std::size_t N>
base::result<Value> choose(const http::request& request, std::string_view name,
                           const std::array<choice<Value>, N>& choices, Value otherwise) {
  const auto given = request.query_parameter(name);
  if (!given) return otherwise;
  std::string allowed;
  for (const auto& c : choices) {
    if (c.text == *given) return c.value;
    allowed += (allowed.empty() ? "\"" : ", \"") + std::string(c.text) + "\"";
  }
  return base::fail(base::errc::invalid_argument, std::string(name) + ": must be one of " + allowed);
}

base::result<v1::TopRequest> decode_top(const http::request& request) {
  const auto metric = choose(request, "metric", metrics, v1::METRIC_PURCHASES);
  if (metric.has_error()) return metric.error();
  const auto window = choose(request, "window", windows, v1::WINDOW_ALL);
  if (window.has_error()) return window.error();
  const auto digits = request.query_parameter("limit").value_or("10");
  std::uint32_t limit = 0; // what is no number is refused like 0, by the actor's check
  const auto* const end = digits.data() + digits.size();
  if (const auto [stop, ec] = std::from_chars(digits.data(), end, limit); ec != std::errc() || stop != end)
    limit = 0;
  v1::TopRequest message;
  message.set_metric(*metric);
  message.set_window(*window);
  message.set_limit(limit);
  return message;
}

http::response encode_top(const top_view& view) { return http::json_response(200, view.body); }

base::result<v1::RatesRequest> decode_rates(const http::request&) { return v1::RatesRequest{}; }

http::response encode_rates(const v1::RatesReply& reply) {
  return http::json_response(200, rates_text(reply));
}

// Never with an exponent, and without zeros at the end: 0, 0.017, 12.5.
void append_rate(std::string& out, std::string_view name, double rate) {
  std::array<char, 512> digits{}; // the largest double has 309 before the point
  const auto end =
      std::to_chars(digits.begin(), digits.end(), std::isfinite(rate) ? rate : 0, std::chars_format::fixed, 3)
          .ptr;
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));
  if (text.ends_with('.')) text.remove_suffix(1);
  out.append(",\"").append(name).append("\":").append(text);
}

} // namespace

std::string rates_text(const v1::RatesReply& rates) {
  auto out = "{\"window_seconds\":" + std::to_string(rates.window_seconds());
  append_rate(out, "views_per_second", rates.views_per_second());
  append_rate(out, "purchases_per_second", rates.purchases_per_second());
  append_rate(out, "payments_per_second", rates.payments_per_second());
  append_rate(out, "events_per_second", rates.events_per_second());
  return out += '}';
}

void add_routes(server::routes& routes, const actor::service<stats_actor>& stats) {
  routes.post("/v1/events", server::json_only(server::call(stats, &decode_events, &encode_published)));
  routes.get("/v1/stats/top", server::call(stats, &decode_top, &encode_top));
  routes.get("/v1/stats/rates", server::call(stats, &decode_rates, &encode_rates));
}

} // namespace troupe::stats
