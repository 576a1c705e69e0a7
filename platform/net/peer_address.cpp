#include "platform/net/peer_address.hpp"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace troupe::net {

base::ip_address address_of(const sockaddr_storage& from) noexcept {
  if (from.ss_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in&>(from).sin_addr, bytes.size());
    return base::ip_address::v4(bytes);
  }
  if (from.ss_family == AF_INET6) {
    base::ip_address::octets bytes{};
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, bytes.size());
    return base::ip_address(bytes);
  }
  return {};
}

base::ip_address peer_address(int fd) noexcept {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  return address_of(peer);
}

} // namespace troupe::net
