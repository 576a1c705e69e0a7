#pragma once

#include "platform/actor/type_ids.hpp"
#include "platform/net/socket.hpp"
#include "platform/server/channel.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::server {

/// An accepted connection, with its credit taken.
struct accepted_socket {
  net::socket socket;
  std::uint32_t peer = 0;     ///< its place in `peer_counts`
  bool from_trusted = false;  ///< the peer is a trusted proxy
};

/// Sockets that an acceptor hands to a connection actor: all that one accept loop brought for it, with their credits taken.
/// The receiver takes them out; what nobody takes is closed with the last copy.
struct new_sockets {
  std::shared_ptr<std::vector<accepted_socket>> sockets;
};

/// Acceptor: close the listening socket and end. Connection actor: announce `Connection: close`, let idle sessions go after
/// a moment, end when the last one is gone, and at `grace` close what is left.
struct drain {
  std::chrono::milliseconds grace{0};
};

} // namespace troupe::server

CAF_BEGIN_TYPE_ID_BLOCK(troupe_server, troupe::actor::type_ids::server)
  CAF_ADD_TYPE_ID(troupe_server, (troupe::server::new_sockets))
  CAF_ADD_TYPE_ID(troupe_server, (troupe::server::drain))
  CAF_ADD_TYPE_ID(troupe_server, (troupe::server::channel_push))
  CAF_ADD_TYPE_ID(troupe_server, (troupe::server::channel_end))
CAF_END_TYPE_ID_BLOCK(troupe_server)

TROUPE_LOCAL_MESSAGE(troupe::server::new_sockets)
TROUPE_LOCAL_MESSAGE(troupe::server::drain)
TROUPE_LOCAL_MESSAGE(troupe::server::channel_push)
TROUPE_LOCAL_MESSAGE(troupe::server::channel_end)
