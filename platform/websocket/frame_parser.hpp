#pragma once

#include "platform/websocket/opcode.hpp"
#include "platform/websocket/utf8_check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::websocket {

/// A client's bytes in, messages and control frames out; knows no socket. Every rule is checked at the first byte that breaks it: masking, reserved bits
/// and opcodes, the rules of control frames and of fragmentation, minimal lengths, the limit of a message before its payload is read, text
/// as UTF-8 inside frames and across fragments, close codes and reasons. Sources: RFC 6455 sections 5, 7.4 and 8.1.
///
/// Compressed messages, where they were agreed on, are handed out as they came, for `message_inflater`: of an incomplete one only what the client has
/// sent is held. Source: RFC 7692 section 6.
///
/// A message that comes in one frame and in one piece is not copied: its payload is unmasked where it lies. Of an announced length nothing is
/// reserved: memory follows the bytes that came.
/// Thread: one at a time. Cost: 20 ns a frame and 0.1 ns a byte, twice that for text.
class frame_parser {
 public:
  enum class event : std::uint8_t {
    need_more, ///< all bytes are taken
    fragment,  ///< a frame has ended, its message has not
    message,   ///< `kind` is text or binary, `payload` the whole message
    ping,
    pong,
    close,     ///< `code` and `payload`, the reason
    refused,   ///< `code` is what to close with, `payload` why, for people; only `refused` follows
  };

  /// `message_limit`: bytes of one message, all fragments together. `takes_compressed`: whether permessage-deflate was agreed on; a compressed
  /// message may have as many bytes as one of `message_limit` that compression makes larger.
  explicit frame_parser(std::size_t message_limit, bool takes_compressed = false) noexcept
      : limit_(message_limit), takes_compressed_(takes_compressed) {}

  /// Takes bytes from the front of `bytes` until something has happened, and unmasks them in place.
  [[nodiscard]] event next(std::span<char>& bytes);

  [[nodiscard]] opcode kind() const noexcept { return message_kind_; }
  /// After `message`: whether `payload` is compressed, and text not checked.
  [[nodiscard]] bool is_compressed() const noexcept { return compressed_; }
  /// Lifetime: until the next call of `next`, and not longer than the bytes given to it.
  [[nodiscard]] std::string_view payload() const noexcept { return payload_; }
  /// After `close`: the client's code, `close_code::none_given` when it gave none.
  [[nodiscard]] std::uint16_t code() const noexcept { return code_; }

  /// Gives back the memory of a message that was handed out; its payload is gone. `next` does it too.
  void forget_message();

  /// From here on, messages are dropped as they come, of any length: `message` still says where one ends, without payload. What was assembled is given back.
  void drop_messages();

  /// Whether a frame or a message has begun and not ended.
  [[nodiscard]] bool is_in_message() const noexcept { return in_message_ || in_payload_ || header_size_ > 0; }
  /// Bytes of the incomplete message that are held here.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return assembled_.size(); }

 private:
  static constexpr std::size_t longest_header = 14;
  static constexpr std::size_t longest_control = 125;

  [[nodiscard]] bool take_header(std::span<char>& bytes);
  [[nodiscard]] bool check_start(unsigned first, unsigned second);
  [[nodiscard]] bool take_length(std::size_t extended);
  [[nodiscard]] std::size_t limit_now() const noexcept;
  [[nodiscard]] bool checks_text() const noexcept { return message_kind_ == opcode::text && !compressed_; }
  void begin_frame();
  event take_payload(std::span<char>& bytes);
  event end_data_frame();
  event end_control_frame();
  event refuse(std::uint16_t code, std::string_view why) noexcept;

  std::size_t limit_;
  std::string assembled_;
  std::string_view payload_;
  std::uint64_t left_ = 0;    // of the frame's payload
  std::uint64_t frame_bytes_ = 0;
  utf8_check text_;
  std::uint16_t code_ = 0;
  opcode frame_kind_ = opcode::text;
  opcode message_kind_ = opcode::text;
  bool final_ = false;
  bool in_payload_ = false;  // the header is whole, the payload is not
  bool in_message_ = false;  // a fragment has come, the last one has not
  bool delivered_ = false;   // what is assembled was handed out
  bool refused_ = false;
  bool takes_compressed_ = false;
  bool compressed_ = false;  // the message that has begun, or was told last
  bool drops_ = false;
  std::uint8_t header_size_ = 0;
  std::uint8_t control_size_ = 0;
  std::array<unsigned char, 4> key_{};
  std::array<unsigned char, longest_header> header_{};
  std::array<char, longest_control> control_{};
};

/// Applies the masking key to bytes of which the first is at `offset` within the frame's payload. Source: RFC 6455 section 5.3.
void unmask(std::span<char> bytes, const std::array<unsigned char, 4>& key, std::uint64_t offset) noexcept;

} // namespace troupe::websocket
