#pragma once

#include "platform/server/routes.hpp"
#include "services/hello/contract.hpp"

namespace troupe::hello {

/// GET /hello, any method on /echo that the parser knows (others, and CONNECT, are 501 before a route is looked for), and the WebSocket /echo-ws.
void add_routes(server::routes& routes, const actor::service<hello_actor>& hello);

} // namespace troupe::hello
