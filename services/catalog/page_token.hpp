#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::catalog {

/// The opaque text from which the next page of a search is found: base64url, without padding, of a
/// fingerprint over query and position, and the position. It is no secret; the fingerprint tells a token of
/// this query from garbage and from another query's.
[[nodiscard]] std::string make_page_token(std::string_view query, std::string_view position);

/// The position of a token that `make_page_token` has made for this query, or nullopt. The position may still
/// have been chosen by whoever computes fingerprints: check it. Cost: O(token).
[[nodiscard]] std::optional<std::string> page_position(std::string_view query, std::string_view token);

} // namespace troupe::catalog
