#include "platform/metrics/registry.hpp"
#include "platform/metrics/series.hpp"

#include <charconv>
#include <cmath>

namespace troupe::metrics {

namespace {

template <class Number>
void append_digits(std::string& out, Number number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_number(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "NaN";
  } else if (std::isinf(number)) {
    out += number > 0 ? "+Inf" : "-Inf";
  } else {
    append_digits(out, number);
  }
}

/// `name_suffix{labels,le="..."} ` up to where the value goes.
void append_series(std::string& out, const std::string& name, std::string_view suffix,
                   const std::string& where, std::string_view extra = {}) {
  out += name;
  out += suffix;
  if (!where.empty() || !extra.empty()) {
    out += '{';
    out += where;
    if (!where.empty() && !extra.empty()) out += ',';
    out += extra;
    out += '}';
  }
  out += ' ';
}

void append_help(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\') out += '\\';
      out += c;
    }
  }
}

template <class Metric>
std::uint64_t total(const cells<Metric>& all) {
  std::uint64_t sum = 0; // wraps like the cells do
  for (const auto& [writer, c] : all) sum += static_cast<std::uint64_t>(c->metric.value());
  return sum;
}

void append_histogram(std::string& out, const std::string& name, const std::string& where,
                      const cells<histogram>& all) {
  // Each bucket is read once, so that the last bucket and the count agree while others go on writing.
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket < histogram::buckets; ++bucket) {
    for (const auto& [writer, c] : all) count += c->metric.in_bucket(bucket);
    std::string bound = "le=\"";
    append_number(bound, histogram::upper_bound(bucket));
    bound += '"';
    append_series(out, name, "_bucket", where, bound);
    append_digits(out, count);
    out += '\n';
  }
  double sum = 0;
  for (const auto& [writer, c] : all) sum += c->metric.sum_seconds();
  append_series(out, name, "_sum", where);
  append_number(out, sum);
  out += '\n';
  append_series(out, name, "_count", where);
  append_digits(out, count);
  out += '\n';
}

} // namespace

void registry::expose(std::string& out, const std::string& name, const family& f) {
  out += "# HELP " + name + ' ';
  append_help(out, f.help);
  out += "\n# TYPE " + name;
  out += f.type == kind::counter ? " counter\n" : f.type == kind::gauge ? " gauge\n" : " histogram\n";
  for (const auto& [where, s] : f.members) {
    if (f.type == kind::histogram) {
      append_histogram(out, name, where, s.histograms);
      continue;
    }
    append_series(out, name, "", where);
    if (f.type == kind::counter) {
      append_digits(out, total(s.counters));
    } else if (s.read) {
      append_number(out, s.read() + static_cast<double>(static_cast<std::int64_t>(total(s.gauges))));
    } else {
      append_digits(out, static_cast<std::int64_t>(total(s.gauges)));
    }
    out += '\n';
  }
}

std::string registry::expose() const {
  const std::lock_guard lock(guard_);
  std::string out;
  for (const auto& [name, f] : families_) expose(out, name, *f);
  return out;
}

} // namespace troupe::metrics
