#include "platform/http/response.hpp"

#include "platform/base/escape.hpp"
#include "platform/http/field_value.hpp"
#include "platform/http/file_part.hpp"
#include "platform/http/request.hpp"

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

/// Source: RFC 9110 section 5.6.2.
bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           marks.find(c) != std::string_view::npos;
  });
}

// The value of a field among rendered lines.
std::optional<std::string_view> find_line(std::string_view lines, std::string_view name) noexcept {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && same_field_name(line.substr(0, colon), name)) return trimmed(line.substr(colon + 1));
  }
  return std::nullopt;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":\"";
  base::append_json_escaped(out, value);
  out += '"';
}

} // namespace

bool response::add_field(std::string_view name, std::string_view value) {
  static constexpr std::array<std::string_view, 6> framing{"Connection", "Content-Length", "Date",
                                                           "Keep-Alive", "Trailer",        "Transfer-Encoding"};
  const auto is_framing = [&](std::string_view f) { return same_field_name(f, name); };
  if (std::any_of(framing.begin(), framing.end(), is_framing)) return false;
  return render_field(fields, name, value);
}

std::optional<std::string_view> response::field(std::string_view name) const noexcept {
  auto found = find_line(fields, name);
  return found ? found : find_line(prepared_fields.view(), name);
}

void response::clear() noexcept {
  status = 200;
  is_streamed = false;
  content_type = {};
  body = {};
  file.reset();
  prepared_fields = {};
  if (!fields.empty()) fields = {}; // with its memory
}

std::uint64_t response::content_length() const noexcept {
  if (is_streamed) return 0;
  return file ? file->length() : body.size();
}

bool render_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return false;
  out.reserve(out.size() + name.size() + value.size() + 4);
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
  return true;
}

response json_response(std::uint16_t status, base::shared_bytes body) {
  response out;
  out.status = status;
  out.content_type = "application/json";
  out.body = std::move(body);
  return out;
}

response problem(const base::error& error, std::string_view request_id) {
  return problem(status_of(error.code), error.detail, request_id);
}

response problem(std::uint16_t status, std::string_view detail, std::string_view request_id) {
  std::string body = R"({"type":"about:blank")";
  append_member(body, "title", reason_phrase(status));
  body += ",\"status\":" + std::to_string(status);
  append_member(body, "detail", detail);
  // A request that could not even be read has no id.
  if (!request_id.empty()) {
    append_member(body, "instance", "urn:troupe:request:" + std::string(request_id));
    append_member(body, "request_id", request_id);
  }
  body += '}';

  response out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = base::shared_bytes(body);
  if (status == 429 || status == 503) out.add_field("Retry-After", "1");
  return out;
}

} // namespace troupe::http
