#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::websocket {

/// The close codes that this platform itself gives or reports. A service may send others: see `may_be_sent`.
/// Sources: RFC 6455 section 7.4.1; the IANA registry of close codes for 1012 to 1014.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;     ///< the server stops
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported = 1003;
inline constexpr std::uint16_t none_given = 1005;     ///< never on the wire: a close frame without a code
inline constexpr std::uint16_t lost = 1006;           ///< never on the wire: the connection ended without a close frame
inline constexpr std::uint16_t bad_text = 1007;       ///< a text message or a close reason that is not UTF-8, a message that is not compressed by the rules
inline constexpr std::uint16_t policy = 1008;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal = 1011;
inline constexpr std::uint16_t try_again_later = 1013;
} // namespace close_code

/// A close reason is at most this long: a control frame's 125 bytes less the code.
inline constexpr std::size_t longest_reason = 123;

/// Whether a client's close frame may carry this code: 1000 to 1003, 1007 to 1014, 3000 to 4999.
[[nodiscard]] bool may_be_received(std::uint16_t code) noexcept;

/// Whether a server's close frame may carry this code: as `may_be_received`, but 1010, which is a client's.
[[nodiscard]] bool may_be_sent(std::uint16_t code) noexcept;

/// The reason as a close frame may carry it: cut before the character that would pass the limit, and "" when it is not UTF-8.
/// Lifetime: the argument's.
[[nodiscard]] std::string_view fitting_reason(std::string_view reason) noexcept;

} // namespace troupe::websocket
