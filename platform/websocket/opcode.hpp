#pragma once

#include <cstdint>

namespace troupe::websocket {

/// What a frame is. Source: RFC 6455 section 5.2.
enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

} // namespace troupe::websocket
