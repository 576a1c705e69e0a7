#include "platform/http/client_claims.hpp"

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

// The commonest first.
constexpr std::array<std::string_view, 4> families{"X-Forwarded-", "X-B3-", "X-Original-", "X-Trace-"};
constexpr std::array<std::string_view, 8> extensions{"X-Request-Id",  "X-Real-IP",        "X-User",                "X-Client-IP",
                                                     "X-Rewrite-URL", "X-Correlation-Id", "X-Cloud-Trace-Context", "X-Amzn-Trace-Id"};
constexpr std::array<std::string_view, 5> others{"Forwarded", "traceparent", "tracestate", "baggage", "b3"};

} // namespace

bool is_named_claim(std::string_view name) noexcept {
  const auto is = [name](std::string_view n) { return same_field_name(name, n); };
  const auto is_of = [name](std::string_view family) { return same_field_name(name.substr(0, family.size()), family); };
  if ((name.front() | 0x20) != 'x') return std::any_of(others.begin(), others.end(), is);
  return std::any_of(families.begin(), families.end(), is_of) || std::any_of(extensions.begin(), extensions.end(), is);
}

} // namespace troupe::http
