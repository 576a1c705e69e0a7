#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::payment {

/// Whether the text is the code of a currency in use: three capital letters. Without the codes for metals,
/// funds, tests and "no currency" (XAU, XTS, XXX and the like), in which nobody pays. Cost: a binary search.
/// Source: ISO 4217, list one of the maintenance agency (six-group.com), as of January 2024, and XCG and ZWG,
/// which take the place of ANG and ZWL since.
[[nodiscard]] bool is_currency(std::string_view code) noexcept;

/// A code of three capital letters as a number below 17,576, and back. Stored, so it never changes.
[[nodiscard]] std::int64_t packed_currency(std::string_view code) noexcept;
[[nodiscard]] std::string unpacked_currency(std::int64_t packed);

} // namespace troupe::payment
