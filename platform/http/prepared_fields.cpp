#include "platform/http/prepared_fields.hpp"

#include "platform/http/field_lines.hpp"
#include "platform/http/request.hpp"

#include <string>

namespace troupe::http {

bool prepared_fields::add(std::string_view name, std::string_view value) {
  if (frames_message(name) || same_field_name(name, "Content-Type")) return false;
  std::string lines(lines_.view());
  if (!render_field(lines, name, value)) return false;
  lines_ = base::shared_bytes(lines);
  return true;
}

std::optional<std::string_view> prepared_fields::find(std::string_view name) const noexcept { return find_field(lines_.view(), name); }

prepared_fields prepared_fields::own_copy() const {
  prepared_fields copy;
  copy.lines_ = base::shared_bytes(lines_.view());
  return copy;
}

} // namespace troupe::http
