#pragma once

#include "platform/server/endpoint.hpp"

#include <memory>
#include <string_view>

namespace troupe::server {

/// Whether a Content-Type field says JSON in UTF-8: the media type application/json in any case, and, if
/// there is a charset parameter, utf-8. Other parameters are ignored. Source: RFC 9110 section 8.3, RFC 8259
/// section 11.
[[nodiscard]] bool is_json_type(std::string_view content_type) noexcept;

/// The endpoint for requests that carry JSON; any other is answered 415: without exactly one Content-Type
/// field that says so, or with a Content-Encoding.
[[nodiscard]] std::shared_ptr<endpoint> json_only(std::shared_ptr<const endpoint> inner);

} // namespace troupe::server
