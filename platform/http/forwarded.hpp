#pragma once

#include "platform/base/ip_address.hpp"
#include "platform/base/ip_network.hpp"
#include "platform/http/request.hpp"

#include <span>

namespace troupe::http {

/// The client behind trusted proxies, as a request from one of them says: the rightmost address in `Forwarded` (its `for=`) or `X-Forwarded-For` that is not trusted; when all
/// are, the leftmost. Each proxy vouches for the entry that it appended, so nothing left of an untrusted address counts.
/// Not known without these fields, and when both are there: a proxy writes one and passes the other through, whoever made it up. An
/// entry that is no address ("unknown", an obfuscated name) or a malformed field ends the way there: the last address that was vouched for
/// is the answer; not known when there is none. Then whoever sent the request is all that is known.
/// Precondition: the sender is trusted; what others say about themselves must not get here.
/// Bound: the last 32 entries are looked at. Cost: O(fields), no allocation. Source: RFC 7239 sections 4 to 6.
[[nodiscard]] base::ip_address forwarded_client(std::span<const header_field> fields, const base::ip_networks& trusted) noexcept;

} // namespace troupe::http
