#include "platform/metrics/registry.hpp"

#include "platform/metrics/series.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe::metrics {

namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Source: https://prometheus.io/docs/concepts/data_model/.
bool is_metric_name(std::string_view text) noexcept {
  return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == ':';
  });
}

bool is_label_name(std::string_view text) noexcept {
  return is_metric_name(text) && text.find(':') == std::string_view::npos && !text.starts_with("__") &&
         text != "le";
}

/// `route="/hello",status="200"`.
std::string rendered(const labels& l) {
  std::string out;
  for (const auto& [name, value] : l) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    for (const char c : value) {
      if (c == '\n') {
        out += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

void check_names(std::string_view name, const labels& l) {
  if (!is_metric_name(name)) throw std::invalid_argument("not a metric name: " + std::string(name));
  for (auto label = l.begin(); label != l.end(); ++label) {
    const auto same = [&](const auto& other) { return other.first == label->first; };
    if (is_label_name(label->first) && std::none_of(l.begin(), label, same)) continue;
    throw std::invalid_argument("a label name of " + std::string(name) +
                                " is malformed, reserved or occurs twice: " + label->first);
  }
}

template <class Metric>
Metric& cell_of(cells<Metric>& all, std::size_t writer) {
  auto& slot = all[writer];
  if (!slot) slot = std::make_unique<cell<Metric>>();
  return slot->metric;
}

} // namespace

registry::registry() = default;
registry::~registry() = default;

registry::series& registry::series_of(std::string_view name, std::string_view help, kind type,
                                      const labels& l) {
  check_names(name, l);
  auto known = families_.find(name);
  if (known == families_.end()) {
    auto made = std::make_unique<family>();
    made->type = type;
    made->help = help;
    known = families_.emplace(name, std::move(made)).first;
  }
  if (known->second->type != type)
    throw std::invalid_argument("the metric has another type: " + std::string(name));
  return known->second->members[rendered(l)];
}

metrics::counter& registry::counter(std::string_view name, std::string_view help, const labels& l,
                                    std::size_t writer) {
  const std::lock_guard lock(guard_);
  return cell_of(series_of(name, help, kind::counter, l).counters, writer);
}

metrics::gauge& registry::gauge(std::string_view name, std::string_view help, const labels& l,
                                std::size_t writer) {
  const std::lock_guard lock(guard_);
  return cell_of(series_of(name, help, kind::gauge, l).gauges, writer);
}

metrics::histogram& registry::histogram(std::string_view name, std::string_view help, const labels& l,
                                        std::size_t writer) {
  const std::lock_guard lock(guard_);
  return cell_of(series_of(name, help, kind::histogram, l).histograms, writer);
}

void registry::observe(std::string_view name, std::string_view help, const labels& l,
                       std::function<double()> read) {
  const std::lock_guard lock(guard_);
  series_of(name, help, kind::gauge, l).read = std::move(read);
}

} // namespace troupe::metrics
