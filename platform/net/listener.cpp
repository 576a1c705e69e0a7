#include "platform/net/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace troupe::net {

namespace {

std::uint16_t bound_port(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

std::string why(const address& where, int error_number) {
  const auto text = where.text();
  switch (error_number) {
  case EADDRINUSE: return "port taken: " + text + " is in use; stop the other process or choose another address";
  case EACCES: return "not allowed to listen on " + text + ": choose a port above 1023 or give the capability";
  case EADDRNOTAVAIL:
  case EAFNOSUPPORT: return "this machine has no such address: " + text;
  default: return "cannot listen on " + text + ": " + std::strerror(error_number);
  }
}

} // namespace

base::result<address> address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return base::fail(base::errc::invalid_argument, "expected HOST:PORT, as in 127.0.0.1:8080, got '" + std::string(text) + "'");
  auto host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (ec != std::errc{} || end != digits.data() + digits.size() || digits.empty() || port > 65535)
    return base::fail(base::errc::invalid_argument, "expected a port of 0 to 65535 in '" + std::string(text) + "'");
  return address{std::string(host), static_cast<std::uint16_t>(port)};
}

std::string address::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

base::result<listener> listener::open(const address& where, const listener_options& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(where.port);
  if (const int code = ::getaddrinfo(where.host.c_str(), port.c_str(), &hints, &found); code != 0)
    return base::fail(base::errc::invalid_argument, "cannot resolve host '" + where.host + "': " + ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);

  socket s(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!s) return base::fail(base::errc::unavailable, why(where, errno));
  const int on = 1;
  ::setsockopt(s.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options.reuse_port) ::setsockopt(s.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  // Accepted sockets inherit it: answers leave at once, they are written in one piece.
  ::setsockopt(s.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Inherited too. Otherwise a client that takes nothing has megabytes copied into the kernel for it.
  ::setsockopt(s.fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &options.unsent_bytes, sizeof options.unsent_bytes);
  if (options.defer_accept_s > 0)
    ::setsockopt(s.fd(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &options.defer_accept_s, sizeof options.defer_accept_s);
  if (options.fast_open > 0)
    ::setsockopt(s.fd(), IPPROTO_TCP, TCP_FASTOPEN, &options.fast_open, sizeof options.fast_open);
  if (::bind(s.fd(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(s.fd(), options.backlog) != 0)
    return base::fail(base::errc::unavailable, why(where, errno));
  auto real = where;
  real.port = bound_port(s.fd());
  return listener(std::move(s), std::move(real));
}

accept_failure classify_accept_error(int error_number) noexcept {
  switch (error_number) {
  case EAGAIN: return accept_failure::drained;
  case EINTR:
  case ECONNABORTED:
  case EPERM:
  case EPROTO:
  case ENETDOWN:
  case ENOPROTOOPT:
  case EHOSTDOWN:
  case ENONET:
  case EHOSTUNREACH:
  case EOPNOTSUPP:
  case ENETUNREACH:
  case ETIMEDOUT: return accept_failure::transient;
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM: return accept_failure::exhausted;
  default: return accept_failure::broken;
  }
}

} // namespace troupe::net
