#pragma once

#include "platform/actor/system.hpp"
#include "platform/app/tier.hpp"
#include "services/catalog/service.hpp"
#include "tests/services/catalog/samples.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::catalog::test {

/// Makes all message types known to CAF, once a program.
void register_all_types();

/// An actor system of two workers.
class actor_world {
 public:
  actor_world();

  metrics::registry registry;

 private:
  std::unique_ptr<net::poller> poller_;
  actor::system_config config_;

 public:
  caf::actor_system system;
};

/// The whole service in a tier with two replicas, and requests to it without a socket.
class running_catalog {
 public:
  running_catalog();
  ~running_catalog();

  using field_list = std::vector<std::pair<std::string, std::string>>;

  /// Routes the request, asks the service if the route does, and returns the answer. An error is answered as
  /// a problem. A request that no route takes has status 404 or 405 and no body. The replicas take turns.
  http::response ask(http::method method, std::string_view target, const field_list& fields = {},
                     std::string_view body = {});

  http::response get(std::string_view target, const field_list& fields = {}) {
    return ask(http::method::get, target, fields);
  }
  /// With Content-Type: application/json.
  http::response put(std::string_view target, std::string_view body, field_list fields = {});
  http::response post(std::string_view target, std::string_view body);

  temporary_directory dir;
  actor_world world;
  std::optional<app::tier> tier;

 private:
  std::size_t next_replica_ = 0;
};

/// The value of a field among those of an answer; "" when it is not there.
std::string field_of(const http::response& response, std::string_view name);

} // namespace troupe::catalog::test
