#pragma once

#include "platform/http/request.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::http {

/// The same for names that begin with one of the letters below, and are not empty.
[[nodiscard]] bool is_named_claim(std::string_view name) noexcept;

/// Whether a field of that name says who asks, what was asked before a proxy changed it, or which trace it belongs to. Anybody can write that, so it
/// counts only when a trusted proxy says it. Those of RFC 7239 and RFC 9440, of tracing, and what proxies, load balancers, content networks and
/// authenticating gateways are known to write: client_claims.cpp has the names, README.md says what they are of.
/// Cost: one look at the first letter for half of the alphabet, Host, Accept and User-Agent among it; comparisons with the few names that begin alike for others.
[[nodiscard]] inline bool is_claim(std::string_view name) noexcept {
  constexpr auto bit = [](char letter) { return std::uint32_t{1} << (letter & 31); };
  constexpr auto first_letters =
      bit('x') | bit('b') | bit('c') | bit('d') | bit('f') | bit('i') | bit('p') | bit('r') | bit('s') | bit('t') | bit('w');
  return !name.empty() && (first_letters >> (name.front() & 31) & 1) != 0 && is_named_claim(name);
}

/// Appends a field to those of a request, before its claims; a claim itself at the end. The order within each of the two is that of the calls.
/// Cost: O(claims) for a field behind claims.
inline void add_field(std::vector<header_field>& fields, std::uint16_t& claims, header_field field) {
  const bool claims_something = is_claim(field.name);
  if (claims_something || claims == 0) {
    fields.push_back(field);
    claims = static_cast<std::uint16_t>(claims + (claims_something ? 1 : 0));
  } else {
    fields.insert(fields.end() - claims, field);
  }
}

} // namespace troupe::http
