#pragma once

#include "platform/http/request.hpp"

namespace troupe::http {

/// Whether an answer to this request may come in gzip: Accept-Encoding gives gzip (or x-gzip, or else `*`) a weight above
/// 0 and not below the one it gives to identity. An element that is malformed counts as not sent. A client that accepts
/// neither gets the identity all the same, as the RFC allows instead of 406. Several fields are one list.
/// Source: RFC 9110 sections 12.4.2 and 12.5.3. Cost: O(fields), no allocation.
[[nodiscard]] bool accepts_gzip(const request& request) noexcept;

} // namespace troupe::http
