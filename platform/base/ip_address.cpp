#include "platform/base/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace troupe::base {

std::optional<ip_address> ip_address::parse(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> ended{};
  if (text.size() >= ended.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), ended.begin());
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, ended.data(), four.data()) == 1) return v4(four);
  octets all{};
  if (::inet_pton(AF_INET6, ended.data(), all.data()) == 1) return ip_address(all);
  return std::nullopt;
}

std::string ip_address::text() const {
  if (!is_known()) return {};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_v4()) {
    ::inet_ntop(AF_INET, bytes_.data() + 12, out.data(), out.size());
  } else {
    ::inet_ntop(AF_INET6, bytes_.data(), out.data(), out.size());
  }
  return out.data();
}

} // namespace troupe::base
