#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::http {

enum class range_kind : std::uint8_t {
  whole,         ///< the field does not count: 200 with everything
  part,          ///< 206 with `length` bytes from `first`
  unsatisfiable, ///< 416
};

/// Which bytes of a representation a Range field asks for.
struct range_choice {
  range_kind kind = range_kind::whole;
  std::uint64_t first = 0;
  std::uint64_t length = 0; ///< of a part at least 1
};

/// Reads a Range field's value for a representation of `size` bytes. One range of bytes counts; a malformed one, another
/// unit, and a list of several ranges are ignored, as the RFC allows: who asks for many small or overlapping ranges gets
/// the whole once. A number beyond 2^64 is as good as infinite. The field counts for GET alone: not asked for HEAD.
/// Source: RFC 9110 sections 14.1, 14.2 and 15.5.17. Cost: O(value), no allocation.
[[nodiscard]] range_choice choose_range(std::string_view value, std::uint64_t size) noexcept;

/// The value of Content-Range: "bytes 0-4/10" for a part, "bytes */10" for an unsatisfiable one.
/// Source: RFC 9110 section 14.4.
[[nodiscard]] std::string content_range(const range_choice& choice, std::uint64_t size);

} // namespace troupe::http
