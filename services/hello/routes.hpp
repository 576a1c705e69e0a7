#pragma once

#include "platform/server/routes.hpp"
#include "services/hello/contract.hpp"

namespace troupe::hello {

/// GET /hello, and any method on /echo.
void add_routes(server::routes& routes, const actor::service<hello_actor>& hello);

} // namespace troupe::hello
