#pragma once

#include "platform/http/limits.hpp"
#include "platform/http/request.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::http {

/// Reads a request without a body that asks for nothing unusual, which nearly all are, in one pass; says how many bytes its head has. It never
/// refuses: 0 is for what is not whole and for everything but the plainest, which the general parser then reads and judges; `message` and `fields` are then worth
/// nothing. Plain is a GET or HEAD in HTTP/1.1 or 1.0 within the limits, with lines that end in CR LF, and names that are tokens directly followed by a
/// colon; values are of printable ASCII and tabs, not empty and without a blank behind; Host is there once; `Connection` is nothing but `close` or
/// `keep-alive`; none of the fields that announce a body or an expectation is there.
/// `message` and `fields` must be as new. `path_scratch` holds the path when it had to be decoded.
/// Source: RFC 9112 sections 2 to 5. Lifetime of what is read: that of the bytes, of `fields` and of `path_scratch`.
/// Cost: O(head), about five instructions a byte of names and targets, one of values; no allocation once `fields` has grown, but for a path
/// that has to be decoded.
[[nodiscard]] std::size_t take_plain_head(std::string_view bytes, const limits& limits, request& message, std::vector<header_field>& fields,
                                          std::string& path_scratch);

} // namespace troupe::http
