#include "platform/server/json_only.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace troupe::server {

namespace {

/// ASCII letters compare without case; `lower` has none that are capital.
bool is_text(std::string_view text, std::string_view lower) noexcept {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// Cuts the text up to the next ';' outside quotes from `rest`.
std::string_view next_part(std::string_view& rest) noexcept {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (quoted && rest[end] == '\\') {
      ++end;
    } else if (rest[end] == '"') {
      quoted = !quoted;
    } else if (rest[end] == ';' && !quoted) {
      break;
    }
  }
  end = std::min(end, rest.size());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return http::trimmed(part);
}

std::optional<std::string_view> refusal_of(const http::request& request) noexcept {
  std::size_t types = 0;
  bool is_json = false;
  for (const auto& field : request.fields) {
    if (http::same_field_name(field.name, "Content-Encoding"))
      return "the body has a Content-Encoding: send it as it is";
    if (!http::same_field_name(field.name, "Content-Type")) continue;
    ++types;
    is_json = is_json_type(field.value);
  }
  if (types == 1 && is_json) return std::nullopt;
  return "the body must be application/json in UTF-8, and Content-Type must say so";
}

class json_endpoint final : public endpoint {
 public:
  explicit json_endpoint(std::shared_ptr<const endpoint> inner) : inner_(std::move(inner)) {}

  std::optional<http::response> start(call_site& site, const http::request& request) const override {
    if (const auto why = refusal_of(request))
      return http::problem(415, *why, site.envelope().trace.request_id());
    return inner_->start(site, request);
  }

  http::response finish(const caf::message& reply) const override { return inner_->finish(reply); }
  std::uint64_t opened_stream(const caf::message& reply) const override { return inner_->opened_stream(reply); }
  bool holds_while_sent() const override { return inner_->holds_while_sent(); }

 private:
  std::shared_ptr<const endpoint> inner_;
};

} // namespace

bool is_json_type(std::string_view content_type) noexcept {
  if (content_type == "application/json") return true; // as nearly all write it
  auto rest = content_type;
  if (!is_text(next_part(rest), "application/json")) return false;
  while (!rest.empty()) {
    const auto parameter = next_part(rest);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || !is_text(parameter.substr(0, equals), "charset")) continue;
    auto value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (!is_text(value, "utf-8")) return false;
  }
  return true;
}

std::shared_ptr<endpoint> json_only(std::shared_ptr<const endpoint> inner) {
  return std::make_shared<json_endpoint>(std::move(inner));
}

} // namespace troupe::server
