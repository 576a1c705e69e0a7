#include "platform/app/admin_routes.hpp"

#include "platform/base/log.hpp"

#include <utility>

namespace troupe::app {

namespace {

http::response text(std::uint16_t status, std::string_view body) {
  http::response r;
  r.status = status;
  r.content_type = "text/plain; charset=utf-8";
  r.body = base::shared_bytes(body);
  return r;
}

http::response readiness(const admin_view& view) {
  if (view.draining->load(std::memory_order_relaxed)) return text(503, "draining\n");
  std::string down;
  for (const auto& [name, up] : view.running->health()) {
    if (!up) down += "service down: " + name + "\n";
  }
  return down.empty() ? text(200, "ready\n") : text(503, down);
}

// A web page may have its visitor's browser send a POST to any address, and one that it has named anew (DNS rebinding) anything. Browsers then say whose page
// it was; tools do not. Source: the Fetch standard, section "Origin header".
template <class F>
auto for_tools(F change) {
  return [change = std::move(change)](const http::request& request) {
    return request.field("Origin") ? text(403, "a web page may not change the server: send no Origin\n") : change(request);
  };
}

http::response set_log_level(const http::request& request) {
  auto wanted = request.body;
  while (!wanted.empty() && (wanted.back() == '\n' || wanted.back() == '\r')) wanted.remove_suffix(1);
  base::log::level level{};
  if (!base::log::parse_level(wanted, level)) return text(400, "expected debug, info, warn, error or off\n");
  base::log::set_level(level);
  return text(200, std::string(wanted) + "\n");
}

} // namespace

void add_admin_routes(server::routes& routes, const admin_view& view) {
  routes.get("/metrics", server::respond([view](const http::request&) {
               auto r = text(200, view.registry->expose());
               r.content_type = "text/plain; version=0.0.4; charset=utf-8";
               return r;
             }));
  routes.get("/healthz", server::respond([](const http::request&) { return text(200, "healthy\n"); }));
  routes.get("/readyz", server::respond([view](const http::request&) { return readiness(view); }));
  routes.get("/config", server::respond([view](const http::request&) { return text(200, view.configuration); }));
  routes.get("/log-level", server::respond([](const http::request&) {
               return text(200, std::string(base::log::name(base::log::current_level())) + "\n");
             }));
  routes.put("/log-level", server::respond(for_tools(&set_log_level)));
  routes.post("/drain", server::respond(for_tools([view](const http::request&) {
                view.drain();
                return text(202, "draining\n");
              })));
}

} // namespace troupe::app
