#include "platform/base/ip_network.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace troupe::base {

namespace {

constexpr unsigned v4_prefix_bits = 96;

bool same_prefix(const ip_address& a, const ip_address& b, unsigned bits) noexcept {
  const auto whole = bits / 8;
  if (!std::equal(a.bytes().begin(), a.bytes().begin() + whole, b.bytes().begin())) return false;
  if (bits % 8 == 0) return true;
  return (a.bytes()[whole] ^ b.bytes()[whole]) >> (8 - bits % 8) == 0;
}

} // namespace

result<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ip_address::parse(text.substr(0, slash));
  const auto refuse = [&](std::string_view what) { return fail(errc::invalid_argument, std::string(what) + ", got '" + std::string(text) + "'"); };
  if (!address) return refuse("expected an address or a network such as 10.0.0.0/8 or 2001:db8::/32");
  const unsigned most = address->is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (ec != std::errc{} || end != digits.data() + digits.size() || bits > most)
      return refuse("expected a prefix of 0 to " + std::to_string(most) + " bits");
  }
  if (address->is_v4()) bits += v4_prefix_bits;
  auto bytes = address->bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto begin = static_cast<unsigned>(i) * 8;
    if (begin >= bits) bytes[i] = 0;
    else if (begin + 8 > bits) bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00u >> (bits - begin)));
  }
  if (bytes != address->bytes()) return refuse("expected no bits beyond the prefix");
  return ip_network(*address, bits);
}

bool ip_network::contains(const ip_address& address) const noexcept { return same_prefix(first_, address, bits_); }

std::string ip_network::text() const {
  const auto all = ip_address::octets{} == first_.bytes();
  return (all ? std::string("::") : first_.text()) + "/" + std::to_string(first_.is_v4() ? bits_ - v4_prefix_bits : bits_);
}

bool contains(const ip_networks& networks, const ip_address& address) noexcept {
  return std::any_of(networks.begin(), networks.end(), [&](const auto& n) { return n.contains(address); });
}

} // namespace troupe::base
