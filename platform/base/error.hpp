#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::base {

/// What went wrong, in the canonical codes that gRPC uses too (https://grpc.io "status codes").
/// One table in platform/http/status maps each code to an HTTP status.
enum class errc : std::uint8_t {
  invalid_argument = 1, ///< the request is malformed whatever the state: 400
  unprocessable,        ///< well formed, but the state or the rules forbid it: 422 (gRPC FAILED_PRECONDITION)
  not_found,            ///< 404
  conflict,             ///< another operation holds or has changed the thing: 409 (gRPC ABORTED)
  precondition_failed,  ///< If-Match or the like did not hold: 412 (gRPC FAILED_PRECONDITION)
  unauthenticated,      ///< 401
  permission_denied,    ///< 403
  resource_exhausted,   ///< a limit of the caller: 429
  deadline_exceeded,    ///< 504
  unavailable,          ///< try again later: 503
  unimplemented,        ///< 501
  internal,             ///< a broken invariant or a crash: 500
};

/// The code's name in snake_case; static storage.
[[nodiscard]] std::string_view name(errc code) noexcept;

/// An error that still has somebody to be told: a code, and one sentence saying what and where.
/// The detail reaches clients: it never carries SQL, a path of this machine, a version, a key or card data.
struct error {
  errc code = errc::internal;
  std::string detail;

  friend bool operator==(const error&, const error&) = default;
};

} // namespace troupe::base
