#include "platform/base/error.hpp"

namespace troupe::base {

std::string_view name(errc code) noexcept {
  switch (code) {
  case errc::invalid_argument: return "invalid_argument";
  case errc::unprocessable: return "unprocessable";
  case errc::not_found: return "not_found";
  case errc::conflict: return "conflict";
  case errc::precondition_failed: return "precondition_failed";
  case errc::unauthenticated: return "unauthenticated";
  case errc::permission_denied: return "permission_denied";
  case errc::resource_exhausted: return "resource_exhausted";
  case errc::deadline_exceeded: return "deadline_exceeded";
  case errc::unavailable: return "unavailable";
  case errc::unimplemented: return "unimplemented";
  case errc::internal: return "internal";
  }
  return "internal";
}

} // namespace troupe::base
