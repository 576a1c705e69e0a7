#pragma once

#include "platform/server/endpoint.hpp"

#include <memory>

namespace troupe::catalog {

/// Whether a Content-Type says application/json, whatever its parameters. Source: RFC 9110 section 8.3.1.
[[nodiscard]] bool is_json(const http::request& request) noexcept;

/// Asks the endpoint only if the request's body is application/json; answers 415 otherwise.
[[nodiscard]] std::shared_ptr<server::endpoint> json_body(std::shared_ptr<const server::endpoint> inner);

} // namespace troupe::catalog
