#include "platform/websocket/frame_parser.hpp"

#include "platform/websocket/close_code.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::websocket {

namespace {

constexpr unsigned final_bit = 0x80;
constexpr unsigned reserved_bits = 0x70;
constexpr unsigned compressed_bit = 0x40;
constexpr unsigned opcode_bits = 0x0F;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned length_bits = 0x7F;
constexpr std::size_t kept_capacity = 1024; // an idle session keeps no more of a large message than this

constexpr bool is_control(opcode kind) noexcept { return static_cast<unsigned>(kind) >= 8; }

// Bytes of the extended length that the short one announces.
constexpr std::size_t extended_bytes(unsigned length) noexcept { return length == 127 ? 8 : length == 126 ? 2 : 0; }

} // namespace

void unmask(std::span<char> bytes, const std::array<unsigned char, 4>& key, std::uint64_t offset) noexcept {
  std::array<unsigned char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
  std::uint64_t mask = 0;
  std::memcpy(&mask, turned.data(), sizeof mask);
  std::size_t i = 0;
  for (; bytes.size() - i >= sizeof mask; i += sizeof mask) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word ^= mask;
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  for (; i < bytes.size(); ++i) bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ turned[i % 8]);
}

frame_parser::event frame_parser::refuse(std::uint16_t code, std::string_view why) noexcept {
  refused_ = true;
  code_ = code;
  payload_ = why;
  return event::refused;
}

void frame_parser::forget_message() {
  if (!delivered_) return;
  delivered_ = false;
  payload_ = {};
  if (assembled_.capacity() > kept_capacity) assembled_ = {};
  assembled_.clear();
}

void frame_parser::drop_messages() {
  drops_ = true;
  delivered_ = false;
  payload_ = {};
  assembled_ = {};
}

frame_parser::event frame_parser::next(std::span<char>& bytes) {
  if (refused_) return event::refused;
  forget_message();
  payload_ = {};
  if (!in_payload_) {
    if (!take_header(bytes)) return refused_ ? event::refused : event::need_more;
    begin_frame();
  }
  return take_payload(bytes);
}

// True when the header is whole. Its first two bytes and its length are judged as soon as they are there.
bool frame_parser::take_header(std::span<char>& bytes) {
  while (!bytes.empty()) {
    header_[header_size_++] = static_cast<unsigned char>(bytes.front());
    bytes = bytes.subspan(1);
    if (header_size_ <= 2 && !check_start(header_[0], header_size_ == 2 ? header_[1] : mask_bit)) return false;
    if (header_size_ < 2) continue;
    const auto extended = extended_bytes(header_[1] & length_bits);
    if (header_size_ == 2 + extended && !take_length(extended)) return false;
    if (header_size_ == 2 + extended + key_.size()) return true;
  }
  return false;
}

bool frame_parser::check_start(unsigned first, unsigned second) {
  const auto kind = static_cast<opcode>(first & opcode_bits);
  const auto fail = [this](std::string_view why) {
    static_cast<void>(refuse(close_code::protocol_error, why));
    return false;
  };
  const bool begins_message = kind == opcode::text || kind == opcode::binary;
  if (first & reserved_bits & ~(takes_compressed_ && begins_message ? compressed_bit : 0U))
    return fail("a reserved bit is set that nothing agreed on allows here");
  switch (kind) {
  case opcode::continuation:
    if (!in_message_) return fail("a continuation without a message");
    break;
  case opcode::text:
  case opcode::binary:
    if (in_message_) return fail("a new message inside a fragmented one");
    compressed_ = (first & compressed_bit) != 0;
    break;
  case opcode::close:
  case opcode::ping:
  case opcode::pong:
    if (!(first & final_bit)) return fail("a fragmented control frame");
    if ((second & length_bits) > longest_control) return fail("a control frame of more than 125 bytes");
    if (kind == opcode::close && (second & length_bits) == 1) return fail("half a close code");
    break;
  default: return fail("a reserved opcode");
  }
  if (!(second & mask_bit)) return fail("a frame that is not masked");
  return true;
}

// What compression makes larger at worst, by zlib's own bound, and something for other compressors.
std::size_t frame_parser::limit_now() const noexcept { return compressed_ ? limit_ + limit_ / 8 + limit_ / 64 + 64 : limit_; }

bool frame_parser::take_length(std::size_t extended) {
  const auto fail = [this](std::uint16_t code, std::string_view why) {
    static_cast<void>(refuse(code, why));
    return false;
  };
  std::uint64_t length = extended == 0 ? header_[1] & length_bits : 0;
  for (std::size_t i = 0; i < extended; ++i) length = length << 8 | header_[2 + i];
  if (length >> 63) return fail(close_code::protocol_error, "a length of more than 63 bits");
  if ((extended == 2 && length < 126) || (extended == 8 && length <= 0xFFFF))
    return fail(close_code::protocol_error, "a length that is not in its shortest form");
  const bool is_kept = !drops_ && !is_control(static_cast<opcode>(header_[0] & opcode_bits));
  if (is_kept && (length > limit_now() || assembled_.size() + length > limit_now()))
    return fail(close_code::too_big, "the message is larger than this server accepts");
  left_ = frame_bytes_ = length;
  return true;
}

void frame_parser::begin_frame() {
  frame_kind_ = static_cast<opcode>(header_[0] & opcode_bits);
  final_ = (header_[0] & final_bit) != 0;
  std::copy_n(header_.begin() + header_size_ - static_cast<std::ptrdiff_t>(key_.size()), key_.size(), key_.begin());
  header_size_ = 0;
  control_size_ = 0;
  in_payload_ = true;
  if (is_control(frame_kind_) || frame_kind_ == opcode::continuation) return;
  message_kind_ = frame_kind_;
  text_.reset();
}

frame_parser::event frame_parser::take_payload(std::span<char>& bytes) {
  const auto piece = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  bytes = bytes.subspan(piece.size());
  if (drops_ && !is_control(frame_kind_)) {
    left_ -= piece.size();
    return left_ == 0 ? end_data_frame() : event::need_more;
  }
  unmask(piece, key_, frame_bytes_ - left_);
  left_ -= piece.size();
  const std::string_view text(piece.data(), piece.size());
  if (is_control(frame_kind_)) {
    if (left_ == 0 && control_size_ == 0) {
      payload_ = text;
    } else {
      std::copy(piece.begin(), piece.end(), control_.begin() + control_size_);
      control_size_ = static_cast<std::uint8_t>(control_size_ + piece.size());
      payload_ = {control_.data(), control_size_};
    }
    return left_ == 0 ? end_control_frame() : event::need_more;
  }
  if (checks_text() && !text_.take(text)) return refuse(close_code::bad_text, "the text is not UTF-8");
  const bool is_whole = left_ == 0 && piece.size() == frame_bytes_ && final_ && frame_kind_ != opcode::continuation;
  if (is_whole) {
    payload_ = text;
  } else {
    assembled_ += text;
  }
  return left_ == 0 ? end_data_frame() : event::need_more;
}

frame_parser::event frame_parser::end_data_frame() {
  in_payload_ = false;
  in_message_ = !final_;
  if (!final_) return event::fragment;
  if (checks_text() && !drops_ && !text_.is_complete())
    return refuse(close_code::bad_text, "the text ends within a character");
  if (!assembled_.empty()) {
    payload_ = assembled_;
    delivered_ = true;
  }
  return event::message;
}

frame_parser::event frame_parser::end_control_frame() {
  in_payload_ = false;
  if (frame_kind_ == opcode::ping) return event::ping;
  if (frame_kind_ == opcode::pong) return event::pong;
  code_ = close_code::none_given;
  if (payload_.empty()) return event::close;
  code_ = static_cast<std::uint16_t>(static_cast<unsigned char>(payload_[0]) << 8 | static_cast<unsigned char>(payload_[1]));
  if (!may_be_received(code_)) return refuse(close_code::protocol_error, "a close code that must not be sent");
  payload_.remove_prefix(2);
  utf8_check reason;
  if (!reason.take(payload_) || !reason.is_complete()) return refuse(close_code::bad_text, "the close reason is not UTF-8");
  return event::close;
}

} // namespace troupe::websocket
