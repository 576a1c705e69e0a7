#pragma once

#include "platform/websocket/opcode.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::websocket {

/// Appends the header of a whole, unmasked message or control frame, as a server sends it; the payload is left to the caller, who copies or
/// gathers it. `is_compressed`: as `message_deflater` does it, for clients that have agreed. Source: RFC 6455 sections 5.1 and 5.2, RFC 7692 section 6.
/// Cost: at most 10 bytes, no allocation once `out` has grown.
void write_frame_header(std::string& out, opcode kind, std::size_t payload_bytes, bool is_compressed = false);

/// Appends a ping or pong with its payload of at most 125 bytes. Source: RFC 6455 section 5.5.
void write_control(std::string& out, opcode kind, std::string_view payload);

/// Appends a close frame. `code`: one that `may_be_sent`, or `close_code::none_given` for a frame without code and reason.
/// The reason is cut to what fits.
void write_close(std::string& out, std::uint16_t code, std::string_view reason);

} // namespace troupe::websocket
