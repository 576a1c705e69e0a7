// connection_actor: whom a request comes from.

#include "platform/net/peer_address.hpp"
#include "platform/net/proxy_header.hpp"
#include "platform/server/connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace troupe::server {

// True when the header has been taken and the client's own bytes follow. It is only looked at until it is whole, so that nothing behind it is
// taken too early; the deadline of a new session's head holds for it. What is no header is closed without a word, as the protocol wants it.
bool connection_actor::take_proxy_header(std::uint32_t index) {
  auto& s = sessions_[index];
  const auto got = ::recv(s.fd, scratch_.data(), net::proxy_header::most_bytes, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    close_session(index);
    return false;
  }
  const auto header = net::read_proxy_header({scratch_.data(), static_cast<std::size_t>(got)});
  if (header.status == net::proxy_header::outcome::need_more) return false; // the next bytes bring a new edge
  if (header.status == net::proxy_header::outcome::refused || ::recv(s.fd, scratch_.data(), header.size, 0) != static_cast<ssize_t>(header.size)) {
    metrics_.bad_proxy_header->add();
    close_session(index);
    return false;
  }
  s.clear(session::expects_proxy_header);
  if (!header.client.is_known()) {
    if (!header.is_local) s.clear(session::from_trusted_proxy); // somebody is behind it, and nobody says who
    return true;
  }
  const bool is_proxy = base::contains(plane_->proxies.trusted, header.client);
  const auto place = is_proxy ? std::optional(peer_counts::exempt) : plane_->peers->enter(header.client);
  if (!place) {
    metrics_.over_limit->add();
    close_session(index);
    return false;
  }
  plane_->peers->leave(std::exchange(s.peer, *place));
  clients_[index] = header.client;
  s.set(session::named_by_proxy);
  s.clear(session::from_trusted_proxy);
  if (is_proxy) s.set(session::from_trusted_proxy);
  return true;
}

base::ip_address connection_actor::client_of(std::uint32_t place) {
  const auto& x = exchanges_[place];
  if (x.client.is_known() || x.session == none) return x.client;
  const auto& s = sessions_[x.session];
  if (s.is(session::named_by_proxy)) return clients_.at(x.session);
  return net::peer_address(s.fd);
}

} // namespace troupe::server
