#include "platform/http/client_claims.hpp"

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

constexpr std::array<std::string_view, 13> names{"Forwarded",    "X-Real-IP",        "X-Client-IP",           "X-User",          "X-Rewrite-URL", "X-Request-Id",
                                                 "X-Correlation-Id", "X-Cloud-Trace-Context", "X-Amzn-Trace-Id", "traceparent",   "tracestate",
                                                 "baggage",      "b3"};
constexpr std::array<std::string_view, 4> families{"X-Forwarded-", "X-B3-", "X-Original-", "X-Trace-"};

} // namespace

bool is_named_claim(std::string_view name) noexcept {
  const auto is = [name](std::string_view n) { return same_field_name(name, n); };
  const auto is_of = [name](std::string_view family) { return same_field_name(name.substr(0, family.size()), family); };
  return std::any_of(names.begin(), names.end(), is) || std::any_of(families.begin(), families.end(), is_of);
}

} // namespace troupe::http
