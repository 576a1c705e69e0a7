#include "platform/server/routes.hpp"

namespace troupe::server {

route& routes::keep(std::string_view pattern, std::shared_ptr<endpoint> target) {
  auto& kept = all_.emplace_back(route{std::string(pattern), std::move(target)});
  return kept.target->holds_while_sent() ? kept.one_at_a_time() : kept;
}

route& routes::add(http::method m, std::string_view pattern, std::shared_ptr<endpoint> target) {
  table_.add(m, pattern, all_.size());
  return keep(pattern, std::move(target));
}

route& routes::any(std::string_view pattern, std::shared_ptr<endpoint> target) {
  table_.add_any(pattern, all_.size());
  return keep(pattern, std::move(target));
}

route& routes::websocket(std::string_view pattern, std::shared_ptr<channel_endpoint> target) {
  table_.add_get_alone(pattern, all_.size());
  return keep(pattern, std::move(target));
}

} // namespace troupe::server
