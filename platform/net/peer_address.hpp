#pragma once

#include "platform/base/ip_address.hpp"

#include <sys/socket.h>

namespace troupe::net {

/// The IP address in a socket address; not known for another family.
[[nodiscard]] base::ip_address address_of(const sockaddr_storage& from) noexcept;

/// Who is connected to the socket; not known once the connection is reset. Cost: one system call.
[[nodiscard]] base::ip_address peer_address(int fd) noexcept;

} // namespace troupe::net
