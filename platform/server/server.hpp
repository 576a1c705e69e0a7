#pragma once

#include "platform/base/result.hpp"
#include "platform/net/listener.hpp"
#include "platform/server/backend.hpp"
#include "platform/server/connection.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe::server {

struct server_options {
  std::string name = "public"; ///< the `listener` label of its metrics
  net::address where{"127.0.0.1", 0};
  net::listener_options listening;
  std::size_t acceptors = 1;            ///< more than one share the port by SO_REUSEPORT
  std::size_t connection_actors = 2;    ///< one a worker: platform/README.md has the measurement
  server::limits limits;
  server::backend backend = server::backend::automatic;
  server::proxies proxies;
  response_options responses;
  const net::tls_source* tls = nullptr; ///< every session speaks TLS with its current context; null: plain. Outlives the actors
};

/// One listener's acceptors and connection actors. Routes, registry and poller must outlive the actors: call `stop`, then end the
/// actor system, then let go of them.
class server {
 public:
  /// Listens and serves when it returns. Errors: those of `net::listener::open`.
  [[nodiscard]] static base::result<std::unique_ptr<server>> start(caf::actor_system& system, server_options options,
                                                                   routes& routes, metrics::registry& registry,
                                                                   net::poller& poller);

  [[nodiscard]] const net::address& where() const noexcept { return where_; }

  /// Stops accepting, lets sessions finish, closes what is left after `grace`, and waits for the actors. Not from an actor.
  void stop(std::chrono::milliseconds grace);

 private:
  explicit server(caf::actor_system& system) : system_(system) {}

  caf::actor_system& system_;
  net::address where_;
  std::shared_ptr<plane> plane_;
  std::vector<caf::actor> acceptors_;
  std::vector<caf::actor> connections_;
};

} // namespace troupe::server
