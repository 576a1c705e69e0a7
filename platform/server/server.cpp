#include "platform/server/server.hpp"

#include "platform/base/log.hpp"
#include "platform/server/acceptor.hpp"

#include <caf/send.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

namespace troupe::server {

namespace {

// Below it a share of a small number of sessions would refuse a single busy client.
constexpr std::size_t least_sessions_per_peer = 100;

// A call of its own costs a single session less: platform/README.md has the measurement.
constexpr std::size_t least_batch = 2;

// One for each connection actor, or none at all and one record that says why.
void open_rings(plane& p, backend wanted, std::size_t connection_actors) {
  if (wanted == backend::epoll || p.tls) return; // TLS moves its bytes itself
  p.least_batch = wanted == backend::io_uring ? 1 : least_batch;
  std::string refusal;
  // In a thread of their own, as the end of a ring interrupts the threads that have used it, and nobody expects that of this one.
  std::thread([&] {
    while (refusal.empty() && p.rings.size() < connection_actors) {
      if (auto opened = net::ring::open()) {
        p.rings.push_back(std::move(*opened));
      } else {
        refusal = opened.error().detail;
      }
    }
  }).join();
  if (refusal.empty()) return;
  p.rings.clear();
  const auto level = wanted == backend::io_uring ? base::log::level::warn : base::log::level::info;
  base::log::write(level, "io_uring_refused", {{"listener", p.name}, {"reason", refusal}, {"instead", "epoll"}});
}

} // namespace

base::result<std::unique_ptr<server>> server::start(caf::actor_system& system, server_options options, routes& routes,
                                                    metrics::registry& registry, net::poller& poller) {
  std::vector<net::listener> listeners;
  options.listening.reuse_port = options.acceptors > 1;
  for (std::size_t i = 0; i < options.acceptors; ++i) {
    auto opened = net::listener::open(options.where, options.listening);
    if (!opened) return opened.error();
    options.where = opened->where(); // port 0 is chosen once, for all
    listeners.push_back(std::move(*opened));
  }
  std::unique_ptr<server> made(new server(system));
  made->where_ = options.where;
  made->plane_ = std::make_shared<plane>();
  auto& p = *made->plane_;
  p.name = options.name;
  p.limits = options.limits;
  p.responses = options.responses;
  p.routes = &routes;
  p.registry = &registry;
  p.poller = &poller;
  p.proxies = std::move(options.proxies);
  const auto quarter = std::max<std::size_t>(options.limits.sessions / 4, least_sessions_per_peer);
  const auto per_peer = options.limits.sessions_per_peer > 0 ? options.limits.sessions_per_peer : static_cast<std::uint32_t>(quarter);
  p.peers = std::make_unique<peer_counts>(per_peer);
  p.tls = options.tls;
  open_rings(p, options.backend, options.connection_actors);
  const auto each = static_cast<std::int64_t>(std::max<std::size_t>(options.limits.sessions / options.connection_actors, 1));
  for (std::size_t i = 0; i < options.connection_actors; ++i)
    p.credits.push_back(std::make_unique<policy::in_flight_limit>(each));
  for (std::size_t i = 0; i < options.connection_actors; ++i)
    made->connections_.push_back(system.spawn<connection_actor>(made->plane_, i));
  for (std::size_t i = 0; i < listeners.size(); ++i)
    made->acceptors_.push_back(system.spawn<acceptor>(made->plane_, std::move(listeners[i]), made->connections_, i));
  return made;
}

void server::stop(std::chrono::milliseconds grace) {
  caf::scoped_actor self(system_);
  const auto end = [&](std::vector<caf::actor>& actors) {
    for (auto& actor : actors) caf::anon_send(actor, drain{grace});
    self->wait_for(actors);
    actors.clear();
  };
  end(acceptors_);
  end(connections_);
}

} // namespace troupe::server
