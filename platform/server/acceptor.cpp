#include "platform/server/acceptor.hpp"

#include "platform/base/log.hpp"
#include "platform/net/peer_address.hpp"

#include <caf/actor_cast.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace troupe::server {

namespace {

constexpr int accepts_a_turn = 64;
constexpr std::chrono::milliseconds back_off{100};
constexpr std::chrono::milliseconds credit_wait{50};

net::socket open_reserve() { return net::socket(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

} // namespace

acceptor::acceptor(caf::actor_config& config, std::shared_ptr<plane> plane, net::listener listener,
                   std::vector<caf::actor> connections, std::size_t number)
    : turn_actor(config), plane_(std::move(plane)), listener_(std::move(listener)),
      connections_(std::move(connections)), accepted_(connections_.size()), next_(number), reserve_(open_reserve()),
      failures_(&plane_->registry->counter("troupe_http_accept_failures_total", "Failed accepts.",
                                           {{"listener", plane_->name}}, number)),
      over_limit_(&plane_->registry->counter(refused_metric, refused_help, {{"listener", plane_->name}, {"reason", "peer_limit"}}, number)),
      no_proxies_(&plane_->registry->counter(refused_metric, refused_help, {{"listener", plane_->name}, {"reason", "not_a_proxy"}}, number)) {
  if (auto watched = watch(*plane_->poller, listener_.fd()); !watched) throw std::runtime_error(watched.error().detail);
}

void acceptor::on_message(caf::mailbox_element& element) {
  if (element.payload.match_elements<drain>()) stopping_ = true;
}

acceptor::verdict acceptor::on_turn(std::size_t) {
  if (stopping_) {
    unwatch();
    // Whoever is in the backlog has been promised nothing yet, but is served as long as there is credit.
  }
  int failed = 0; // for a reason of its own connection
  for (int i = 0; i < accepts_a_turn;) {
    std::size_t connection = 0;
    if (!take_credit(connection)) {
      hand_over();
      if (stopping_) return verdict::quit;
      wait(credit_wait);
      return verdict::rest;
    }
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    net::socket socket(::accept4(listener_.fd(), reinterpret_cast<sockaddr*>(&from), &from_size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      if (auto admitted = admit(std::move(socket), net::address_of(from))) {
        accepted_[connection].push_back(std::move(*admitted));
      } else {
        plane_->credits[connection]->leave();
      }
      complained_ = false;
      ++i;
      if (!stopping_ || --accepts_left_ > 0) continue;
      hand_over();
      return verdict::quit;
    }
    const int error_number = errno;
    plane_->credits[connection]->leave();
    switch (net::classify_accept_error(error_number)) {
    case net::accept_failure::drained: hand_over(); return stopping_ ? verdict::quit : verdict::park;
    case net::accept_failure::transient:
      if (++failed == accepts_a_turn) break; // not of one connection, then: a firewall, a network that is down
      failures_->add();
      ++i;
      continue;
    case net::accept_failure::exhausted: shed_one(); break;
    case net::accept_failure::broken: break;
    }
    failures_->add();
    if (!complained_)
      base::log::error("accept_failed", {{"listener", listener_.where().text()}, {"reason", std::strerror(error_number)}});
    complained_ = true;
    hand_over();
    if (stopping_) return verdict::quit;
    wait(back_off);
    return verdict::rest;
  }
  hand_over();
  return verdict::again;
}

// The connection actor with the fewest sessions that has a credit left; equal ones in turn.
bool acceptor::take_credit(std::size_t& connection) {
  const auto count = connections_.size();
  ++next_;
  auto best = next_ % count;
  for (std::size_t i = 1; i < count; ++i) {
    const auto candidate = (next_ + i) % count;
    if (plane_->credits[candidate]->count() < plane_->credits[best]->count()) best = candidate;
  }
  connection = best;
  return plane_->credits[best]->enter();
}

std::optional<accepted_socket> acceptor::admit(net::socket socket, const base::ip_address& peer) {
  const auto& proxies = plane_->proxies;
  const bool trusted = base::contains(proxies.trusted, peer);
  if (proxies.speak_protocol && !proxies.trusted.empty() && !trusted) {
    no_proxies_->add();
    return std::nullopt;
  }
  // A trusted proxy speaks for many and is not one peer; whom a PROXY header names is counted when it has been read.
  const auto place = trusted ? std::optional(peer_counts::exempt) : plane_->peers->enter(peer);
  if (!place) {
    over_limit_->add();
    return std::nullopt;
  }
  return accepted_socket{std::move(socket), *place, trusted};
}

void acceptor::hand_over() {
  for (std::size_t i = 0; i < accepted_.size(); ++i) {
    if (accepted_[i].empty()) continue;
    auto sockets = std::make_shared<std::vector<accepted_socket>>(std::move(accepted_[i]));
    accepted_[i].clear();
    auto* to = caf::actor_cast<caf::abstract_actor*>(connections_[i]);
    to->enqueue(actor::make_element(nullptr, caf::message_id{}, caf::make_message(new_sockets{std::move(sockets)})), context());
  }
}

// No descriptor is left, so one client is accepted with the reserve and closed: it learns at once that there is no place,
// and the readiness that it causes goes away.
void acceptor::shed_one() {
  reserve_ = {};
  { const net::socket refused(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)); }
  reserve_ = open_reserve();
}

void acceptor::wait(std::chrono::milliseconds time) {
  due.store((base::clock::now() + time).time_since_epoch().count(), std::memory_order_relaxed);
}

} // namespace troupe::server
