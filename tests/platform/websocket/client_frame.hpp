#pragma once

#include "platform/websocket/frame_parser.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::websocket {

/// A frame as a client writes it; every part can be made wrong.
struct client_frame {
  unsigned first = 0x81; ///< FIN, reserved bits, opcode
  std::string payload;
  bool masked = true;
  std::array<unsigned char, 4> key{0x37, 0xFA, 0x21, 0x3D};
  int length_bytes = -1; ///< of the extended length: 0, 2 or 8; -1: the shortest form

  [[nodiscard]] std::string bytes() const {
    std::string out(1, static_cast<char>(first));
    const int extended = length_bytes >= 0 ? length_bytes : payload.size() < 126 ? 0 : payload.size() <= 0xFFFF ? 2 : 8;
    const unsigned length = extended == 8 ? 127 : extended == 2 ? 126 : static_cast<unsigned>(payload.size());
    out += static_cast<char>(length | (masked ? 0x80U : 0U));
    for (int i = extended - 1; i >= 0; --i) out += static_cast<char>(std::uint64_t{payload.size()} >> (8 * i) & 0xFF);
    if (masked) out.append(reinterpret_cast<const char*>(key.data()), key.size());
    for (std::size_t i = 0; i < payload.size(); ++i)
      out += masked ? static_cast<char>(static_cast<unsigned char>(payload[i]) ^ key[i % 4]) : payload[i];
    return out;
  }
};

inline std::string frame(unsigned first, std::string_view payload) { return client_frame{first, std::string(payload)}.bytes(); }

/// The bytes of a close frame's payload.
inline std::string close_payload(unsigned code, std::string_view reason = "") {
  std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  out += reason;
  return out;
}

/// What the parser said, as text: "text:abc", "compressed text:...", "binary:", "ping:x", "close 1000:bye", "refused 1002". Fragments say nothing.
inline std::string told(frame_parser& parser, frame_parser::event event) {
  const auto payload = std::string(parser.payload());
  switch (event) {
  case frame_parser::event::message:
    return (parser.is_compressed() ? "compressed " : "") + std::string(parser.kind() == opcode::text ? "text:" : "binary:") + payload;
  case frame_parser::event::ping: return "ping:" + payload;
  case frame_parser::event::pong: return "pong:" + payload;
  case frame_parser::event::close: return "close " + std::to_string(parser.code()) + ":" + payload;
  case frame_parser::event::refused: return "refused " + std::to_string(parser.code());
  case frame_parser::event::need_more:
  case frame_parser::event::fragment: break;
  }
  return {};
}

/// Everything the parser says to the bytes, cut into pieces at the given places. Each piece lives in memory of its own that is gone when the next comes.
inline std::vector<std::string> parse(std::string_view bytes, const std::vector<std::size_t>& cuts = {}, std::size_t limit = 1 << 20,
                                      bool takes_compressed = false) {
  frame_parser parser(limit, takes_compressed);
  std::vector<std::string> all;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const auto to = i < cuts.size() ? cuts[i] : bytes.size();
    std::vector<char> piece(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to));
    from = to;
    std::span<char> left(piece);
    for (;;) {
      const auto event = parser.next(left);
      if (auto said = told(parser, event); !said.empty()) all.push_back(std::move(said));
      if (event == frame_parser::event::need_more) break;
      if (event == frame_parser::event::refused) return all;
    }
  }
  return all;
}

} // namespace troupe::websocket
