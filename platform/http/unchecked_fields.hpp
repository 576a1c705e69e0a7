#pragma once

#include "platform/http/response.hpp"

#include <string>

namespace troupe::http {

/// The lines of an answer's own fields, for what the platform writes of itself and `response::add_field` refuses: the fields of an upgrade. Whole
/// lines, each ending in CRLF; they are sent unseen. tests/architecture keeps this header from whatever is no part of `http` or `server`.
struct unchecked_fields {
  [[nodiscard]] static std::string& of(response& r) noexcept { return r.fields_; }
};

} // namespace troupe::http
