#pragma once

#include "platform/base/ip_address.hpp"
#include "platform/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::base {

/// The addresses that share a prefix: "10.0.0.0/8", "2001:db8::/32", or one address. Source: RFC 4632 section 3.1, RFC 4291 section 2.3.
class ip_network {
 public:
  /// Errors: invalid_argument for what is no network, and for one with bits beyond its prefix ("10.0.0.1/8"), which says less than it seems to.
  [[nodiscard]] static result<ip_network> parse(std::string_view text);

  [[nodiscard]] bool contains(const ip_address& address) const noexcept;
  [[nodiscard]] std::string text() const;

 private:
  ip_network(const ip_address& first, unsigned bits) : first_(first), bits_(bits) {}

  ip_address first_;
  unsigned bits_; // of the 128
};

using ip_networks = std::vector<ip_network>;

/// Whether one of them contains the address. Cost: O(networks).
[[nodiscard]] bool contains(const ip_networks& networks, const ip_address& address) noexcept;

} // namespace troupe::base
