#pragma once

#include "platform/base/result.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace troupe::json {

/// Bounds of a document that comes from outside.
struct document_limits {
  std::size_t depth = 16; ///< nested arrays and objects, 1..64; a value outside counts as the nearest inside
};

/// Parses one JSON text strictly (RFC 8259): UTF-8 checked, no comments, no trailing commas or text, no NaN,
/// no byte order mark, no number beyond a double, and no key twice in one object. The caller bounds the
/// text's size.
/// Integers from -2^63 to 2^64-1 stay integers, every other number is a double, exactly rounded.
/// Errors: invalid_argument, with the byte offset (from 0) and what is wrong there.
/// Cost: O(bytes), one pass; memory at most 32 times the text. Needs stack: about 1 KB a nested level.
[[nodiscard]] base::result<boost::json::value> parse(std::string_view text, document_limits limits = {});

} // namespace troupe::json
