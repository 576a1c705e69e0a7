#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace troupe::net {

/// As long as a name may be that a client asks for, in bytes.
inline constexpr std::size_t longest_asked_name = 255;

/// The name in a ClientHello's server_name extension, which holds one of the type host_name: no other type was ever defined. It may be
/// empty. Nothing when the extension is malformed: lengths that are not those of what is there, another type, more than one name, a NUL, or a
/// name that is too long. The view is into the extension. Thread: any. Source: RFC 6066 section 3.
[[nodiscard]] std::optional<std::string_view> asked_name(std::span<const unsigned char> extension) noexcept;

} // namespace troupe::net
