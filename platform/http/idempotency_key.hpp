#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

/// The key in an Idempotency-Key field: an RFC 8941 string ("..."), as the draft wants it, or, as many clients send it, the bare text. Both
/// forms of one text are the same key. 1 to 255 bytes of printable ASCII; bare text without space, quote, backslash and comma.
/// nullopt: malformed.
/// Source: RFC 8941 section 3.3.3, draft-ietf-httpapi-idempotency-key-header section 2.1.
[[nodiscard]] std::optional<std::string> parse_idempotency_key(std::string_view field_value);

} // namespace troupe::http
