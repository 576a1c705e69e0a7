#include "platform/http/response.hpp"

#include "platform/base/escape.hpp"
#include "platform/http/field_lines.hpp"
#include "platform/http/file_part.hpp"
#include "platform/http/request.hpp"

namespace troupe::http {

namespace {

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":\"";
  base::append_json_escaped(out, value);
  out += '"';
}

} // namespace

bool response::add_field(std::string_view name, std::string_view value) {
  if (frames_message(name)) return false;
  const bool is_type = same_field_name(name, "Content-Type");
  if ((is_type && has_own_type_) || !render_field(fields_, name, value)) return false;
  has_own_type_ = has_own_type_ || is_type;
  return true;
}

std::optional<std::string_view> response::field(std::string_view name) const noexcept {
  auto found = find_field(fields_, name);
  return found ? found : shared_fields.find(name);
}

void response::clear() noexcept {
  status = 200;
  is_streamed = has_own_type_ = false;
  content_type = {};
  body = {};
  file.reset();
  shared_fields = {};
  if (!fields_.empty()) fields_ = {}; // with its memory
}

std::uint64_t response::content_length() const noexcept {
  if (is_streamed) return 0;
  return file ? file->length() : body.size();
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
