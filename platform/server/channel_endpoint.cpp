#include "platform/server/channel_endpoint.hpp"

#include "platform/http/unchecked_fields.hpp"
#include "platform/websocket/close_code.hpp"

#include <algorithm>

namespace troupe::server {

namespace {
constexpr std::size_t most_unanswered = 128; // fewer than the 256 numbers that a message's answer is found by
} // namespace

channel_endpoint::channel_endpoint(channel_options options) : options_(std::move(options)) {
  options_.unanswered = std::clamp<std::size_t>(options_.unanswered, 1, most_unanswered);
}

std::optional<http::response> channel_endpoint::start(call_site& site, const http::request& request) const {
  websocket::handshake shake;
  shake.take_target(request.target);
  for (const auto& field : request.fields) shake.take(field.name, field.value);
  auto verdict = shake.judge(request.method == http::method::get, request.http_1_1, !request.body.empty(), options_.handshake,
                             site.may_compress_messages());
  const auto trace = site.envelope().trace;
  if (verdict.status != 101) {
    auto refusal = http::problem(verdict.status, verdict.why, trace.request_id());
    http::unchecked_fields::of(refusal) += verdict.fields;
    return refusal;
  }
  if (auto begun = begin(site, request, std::move(verdict)); begun.has_error())
    return http::problem(begun.error(), trace.request_id());
  return std::nullopt;
}

http::response channel_endpoint::finish(const caf::message&) const {
  http::response switching;
  switching.status = 101;
  return switching;
}

std::uint16_t close_code_of(base::errc code) noexcept {
  switch (code) {
  case base::errc::invalid_argument:
  case base::errc::unprocessable:
  case base::errc::not_found:
  case base::errc::conflict:
  case base::errc::precondition_failed:
  case base::errc::unauthenticated:
  case base::errc::permission_denied: return websocket::close_code::policy;
  case base::errc::unimplemented: return websocket::close_code::unsupported;
  case base::errc::resource_exhausted:
  case base::errc::deadline_exceeded:
  case base::errc::unavailable: return websocket::close_code::try_again_later;
  case base::errc::internal: break;
  }
  return websocket::close_code::internal;
}

} // namespace troupe::server
