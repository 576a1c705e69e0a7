#pragma once

#include "platform/actor/turn_actor.hpp"
#include "platform/net/listener.hpp"
#include "platform/server/connection.hpp"

#include <caf/actor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace troupe::server {

/// Accepts from one listening socket and hands the sockets to connection actors, each to the one with the fewest sessions. It takes a credit first:
/// without credit it accepts nothing, and the kernel's backlog holds new connections. It never dies of an accept error and never spins on
/// one: what belongs to a single connection is passed over, a lack of descriptors backs off 100 ms (source: Ranch's
/// acceptor), with a reserve descriptor that lets waiting clients be told by a close rather than hang. A peer beyond its number of sessions,
/// and one that must be a trusted proxy and is none, are closed at once: an answer would cost more than the attempt.
class acceptor final : public actor::turn_actor {
 public:
  acceptor(caf::actor_config& config, std::shared_ptr<plane> plane, net::listener listener,
           std::vector<caf::actor> connections, std::size_t number);

  const char* name() const override { return "troupe.acceptor"; }

 private:
  void on_message(caf::mailbox_element& element) override;
  verdict on_turn(std::size_t messages) override;
  // What may lie in the backlog when it stops; whoever goes on connecting must not delay the drain.
  static constexpr int last_accepts = 4096;

  [[nodiscard]] bool take_credit(std::size_t& connection);
  [[nodiscard]] std::optional<accepted_socket> admit(net::socket socket, const base::ip_address& peer);
  void hand_over();
  void shed_one();
  void wait(std::chrono::milliseconds time);

  std::shared_ptr<plane> plane_;
  net::listener listener_;
  std::vector<caf::actor> connections_;
  std::vector<std::vector<accepted_socket>> accepted_; // by connection actor, in this turn
  std::size_t next_;
  net::socket reserve_;
  metrics::counter* failures_;
  metrics::counter* over_limit_;
  metrics::counter* no_proxies_;
  bool complained_ = false;
  bool stopping_ = false;
  int accepts_left_ = last_accepts; // once it stops
};

} // namespace troupe::server
