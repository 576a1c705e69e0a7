// Frames of a WebSocket's client: whole, and in pieces that the input itself chooses. Input: a byte of choices (1: permessage-deflate was agreed on, 2:
// messages are dropped from the first cut on), a count of cuts (0 to 7), so many bytes that say where, then the client's bytes.

#include "platform/websocket/close_code.hpp"
#include "platform/websocket/frame_parser.hpp"
#include "platform/websocket/message_deflater.hpp"
#include "platform/websocket/message_inflater.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::fuzz {

namespace {

using websocket::frame_parser;
using websocket::message_inflater;
using event = frame_parser::event;

constexpr std::size_t limit = 1000; // small, so that short inputs reach it
constexpr std::size_t compressed_limit = limit + limit / 8 + limit / 64 + 64;

bool is_utf8(std::string_view text) {
  websocket::utf8_check check;
  return check.take(text) && check.is_complete();
}

// One state for all inputs, as a connection actor has it: no message may leave a trace in the next.
message_inflater& inflater() {
  static message_inflater one;
  return one;
}

void check_message(const frame_parser& parser, std::string& story) {
  const bool is_text = parser.kind() == websocket::opcode::text;
  const auto payload = parser.payload();
  if (!parser.is_compressed()) {
    require(payload.size() <= limit, "a message keeps the limit");
    require(!is_text || is_utf8(payload), "text is UTF-8");
    return;
  }
  require(payload.size() <= compressed_limit, "a compressed message keeps its limit");
  const auto seen = inflater().inflate(payload, limit, is_text);
  story += static_cast<char>('0' + static_cast<int>(seen));
  if (seen != message_inflater::outcome::complete) {
    require(inflater().message().empty(), "what is refused is not there");
    return;
  }
  const std::string message(inflater().message());
  require(message.size() <= limit, "an inflated message keeps the limit");
  require(!is_text || is_utf8(message), "inflated text is UTF-8");
  message_inflater fresh;
  require(fresh.inflate(payload, limit, is_text) == seen && fresh.message() == message, "no message leaves a trace in the next");
  static websocket::message_deflater deflater(1);
  const int bits = 9 + static_cast<int>(payload.size() % 7);
  if (const auto again = deflater.deflate(message, bits); !again.empty()) {
    require(again.size() < message.size(), "what is compressed is smaller");
    require(fresh.inflate(again, limit, is_text) == seen && fresh.message() == message, "what is compressed is inflated to the same");
  }
}

// Everything the parser says, as text. Each piece lives in memory of its own that is gone when the next comes.
std::string read(std::string_view bytes, const std::vector<std::size_t>& cuts, bool takes_compressed, bool drops) {
  frame_parser parser(limit, takes_compressed);
  std::string story;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const auto to = i < cuts.size() ? cuts[i] : bytes.size();
    std::vector<char> piece(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to));
    piece.shrink_to_fit(); // so that the sanitizer sees a look beyond the end
    if (from == to && i > 0) continue;
    if (drops && i > 0) parser.drop_messages();
    from = to;
    std::span<char> left(piece);
    for (;;) {
      const auto before = left.size();
      const auto said = parser.next(left);
      require(parser.held_bytes() <= (takes_compressed ? compressed_limit : limit), "no more than the limit is held");
      require(!drops || i == 0 || parser.held_bytes() == 0, "nothing is held of what is dropped");
      if (said == event::need_more) {
        require(left.empty(), "all bytes are taken");
        break;
      }
      if (said != event::fragment) story += static_cast<char>('a' + static_cast<int>(said));
      switch (said) {
      case event::message:
        if (drops && i > 0) {
          require(parser.payload().empty(), "what is dropped is not handed out");
        } else {
          check_message(parser, story);
          story += parser.kind() == websocket::opcode::text ? 't' : 'b';
        }
        break;
      case event::ping:
      case event::pong: require(parser.payload().size() <= 125, "a control frame is short"); break;
      case event::close:
        require(parser.code() == websocket::close_code::none_given || websocket::may_be_received(parser.code()), "a close code is one");
        require(parser.payload().size() <= websocket::longest_reason && is_utf8(parser.payload()), "a reason is short UTF-8");
        story += std::to_string(parser.code());
        break;
      case event::refused: return story + std::to_string(parser.code());
      case event::need_more:
      case event::fragment: break;
      }
      story += parser.payload();
      require(left.size() < before, "an event takes bytes");
    }
  }
  return story;
}

} // namespace

} // namespace troupe::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe::fuzz;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.size() < 2) return 0;
  const bool takes_compressed = (input[0] & 1) != 0;
  const bool drops = (input[0] & 2) != 0;
  const std::size_t count = std::min<std::size_t>(static_cast<unsigned char>(input[1]) & 7U, input.size() - 2);
  const auto places = input.substr(2, count);
  const auto bytes = input.substr(2 + count);
  std::vector<std::size_t> cuts;
  for (const char place : places) cuts.push_back(std::min(static_cast<unsigned char>(place) * (bytes.size() / 256 + 1), bytes.size()));
  std::sort(cuts.begin(), cuts.end());

  const auto pieces = read(bytes, cuts, takes_compressed, drops);
  if (drops) return 0;
  require(read(bytes, {}, takes_compressed, false) == pieces, "pieces say the same as the whole");
  if (bytes.size() > 200) return 0;
  cuts.clear();
  for (std::size_t i = 1; i < bytes.size(); ++i) cuts.push_back(i);
  require(read(bytes, cuts, takes_compressed, false) == pieces, "bytes say the same as the whole");
  return 0;
}
