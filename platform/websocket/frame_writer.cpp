#include "platform/websocket/frame_writer.hpp"

#include "platform/websocket/close_code.hpp"

namespace troupe::websocket {

namespace {
constexpr unsigned final_bit = 0x80;
constexpr unsigned compressed_bit = 0x40;
} // namespace

void write_frame_header(std::string& out, opcode kind, std::size_t payload_bytes, bool is_compressed) {
  out += static_cast<char>(final_bit | (is_compressed ? compressed_bit : 0U) | static_cast<unsigned>(kind));
  int length_bytes = 0;
  if (payload_bytes < 126) {
    out += static_cast<char>(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    out += static_cast<char>(126);
    length_bytes = 2;
  } else {
    out += static_cast<char>(127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(std::uint64_t{payload_bytes} >> (8 * i) & 0xFF);
}

void write_control(std::string& out, opcode kind, std::string_view payload) {
  write_frame_header(out, kind, payload.size());
  out += payload;
}

void write_close(std::string& out, std::uint16_t code, std::string_view reason) {
  if (code == close_code::none_given) return write_frame_header(out, opcode::close, 0);
  const auto fits = fitting_reason(reason);
  write_frame_header(out, opcode::close, 2 + fits.size());
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xFF);
  out += fits;
}

} // namespace troupe::websocket
