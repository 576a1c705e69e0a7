#include "platform/websocket/frame_writer.hpp"

#include "platform/websocket/close_code.hpp"

#include <catch2/catch.hpp>

using namespace troupe::websocket;
using namespace std::string_literals;

namespace {

std::string header(opcode kind, std::size_t size) {
  std::string out;
  write_frame_header(out, kind, size);
  return out;
}

} // namespace

TEST_CASE("RFC 6455 5.2: a server's header is final, not masked, and has the shortest length") {
  CHECK(header(opcode::text, 0) == "\x81\x00"s);
  CHECK(header(opcode::binary, 125) == "\x82\x7D"s);
  CHECK(header(opcode::binary, 126) == "\x82\x7E\x00\x7E"s);
  CHECK(header(opcode::binary, 0xFFFF) == "\x82\x7E\xFF\xFF"s);
  CHECK(header(opcode::text, 0x10000) == "\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST_CASE("RFC 7692 6: the header of a compressed message says so, whatever its length") {
  for (const std::size_t size : {0, 126, 0x10000}) {
    std::string compressed;
    write_frame_header(compressed, opcode::text, size, true);
    auto expected = header(opcode::text, size);
    expected[0] = '\xC1';
    CHECK(compressed == expected);
  }
}

TEST_CASE("RFC 6455 5.7: a pong carries the ping's data") {
  std::string out;
  write_control(out, opcode::pong, "Hello");
  CHECK(out == "\x8A\x05Hello"s);
}

TEST_CASE("RFC 6455 5.5.1: a close frame has a code and a reason that fits, or neither") {
  std::string out;
  write_close(out, close_code::normal, "bye");
  CHECK(out == "\x88\x05\x03\xE8"s + "bye");
  out.clear();
  write_close(out, close_code::none_given, "never sent");
  CHECK(out == "\x88\x00"s);
  out.clear();
  write_close(out, 4999, std::string(200, 'x'));
  CHECK(out == "\x88\x7D\x13\x87"s + std::string(123, 'x'));
}
