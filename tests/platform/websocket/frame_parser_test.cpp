// Frames by the sections of RFC 6455; whole, and cut at every place.

#include "platform/websocket/close_code.hpp"
#include "tests/platform/websocket/client_frame.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::websocket;
using namespace std::string_literals;

namespace {

using told_list = std::vector<std::string>;

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

// The same outcome in one piece, in two at every place, and byte by byte.
void check_all_ways(const std::string& bytes, const told_list& expected) {
  CHECK(parse(bytes) == expected);
  CHECK(parse(bytes, every_byte(bytes.size())) == expected);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    if (parse(bytes, {cut}) == expected) continue;
    FAIL_CHECK("cut at " << cut);
  }
}

std::string raw_header(unsigned first, unsigned second, std::string_view extended = "") {
  std::string out{static_cast<char>(first), static_cast<char>(second)};
  out += extended;
  return out + "\x01\x02\x03\x04";
}

} // namespace

TEST_CASE("RFC 6455 5.7: the examples of the RFC") {
  check_all_ways("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {"text:Hello"});
  check_all_ways("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {"ping:Hello"});
  check_all_ways(frame(0x01, "Hel") + frame(0x80, "lo"), {"text:Hello"});
}

TEST_CASE("RFC 6455 5.2: payloads of all lengths around the length's forms") {
  for (const std::size_t size : {0, 1, 7, 8, 9, 124, 125, 126, 127, 128, 65535, 65536, 65537, 200'000}) {
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(i * 7 + i / 256);
    const auto bytes = frame(0x82, payload);
    INFO(size);
    CHECK((parse(bytes) == told_list{"binary:" + payload}));
    CHECK((parse(bytes, {1, 3, 9, bytes.size() - 1}) == told_list{"binary:" + payload} || bytes.size() < 11));
  }
  check_all_ways(frame(0x81, ""), {"text:"});
  check_all_ways(frame(0x82, "") + frame(0x82, ""), {"binary:", "binary:"});
}

TEST_CASE("RFC 6455 5.3: bytes are unmasked with the key's byte of their place, whatever the cut") {
  std::string plain;
  for (int i = 0; i < 67; ++i) plain += static_cast<char>(i * 37);
  const std::array<unsigned char, 4> key{0x80, 0x01, 0xFE, 0x5A};
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t size = 0; size + offset <= plain.size(); ++size) {
      std::string masked = plain.substr(offset, size);
      for (std::size_t i = 0; i < size; ++i) masked[i] = static_cast<char>(static_cast<unsigned char>(masked[i]) ^ key[(offset + i) % 4]);
      unmask(masked, key, offset);
      if (masked != plain.substr(offset, size)) FAIL_CHECK(offset << " " << size);
    }
  }
}

TEST_CASE("a message in one frame and one piece is not copied") {
  auto bytes = frame(0x82, std::string(3000, 'x'));
  frame_parser parser(1 << 20);
  std::span<char> left(bytes);
  REQUIRE(parser.next(left) == frame_parser::event::message);
  CHECK(parser.payload().data() == bytes.data() + 8);
  CHECK(parser.payload() == std::string(3000, 'x'));
  CHECK(parser.held_bytes() == 0);
  CHECK(left.empty());
}

TEST_CASE("C-80, RFC 6455 5.1: a frame that is not masked is refused at its second byte") {
  client_frame plain{0x81, "Hello", false};
  check_all_ways(plain.bytes(), {"refused 1002"});
  CHECK((parse("\x81\x05"s) == told_list{"refused 1002"}));
  CHECK((parse("\x89\x00"s) == told_list{"refused 1002"}));
  CHECK(parse("\x81"s).empty());
  CHECK((parse(frame(0x81, "good") + plain.bytes()) == told_list{"text:good", "refused 1002"}));
}

TEST_CASE("C-81, RFC 6455 5.2: reserved bits and opcodes are refused at the first byte") {
  for (const unsigned bits : {0x10, 0x20, 0x40, 0x70}) {
    for (const unsigned opcode : {0x0, 0x1, 0x2, 0x8, 0x9, 0xA}) {
      CHECK((parse(std::string(1, static_cast<char>(0x80 | bits | opcode))) == told_list{"refused 1002"}));
    }
  }
  for (const unsigned opcode : {0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF}) {
    CHECK((parse(std::string(1, static_cast<char>(0x80 | opcode))) == told_list{"refused 1002"}));
    check_all_ways(frame(0x80 | opcode, "x"), {"refused 1002"});
    CHECK((parse(frame(0x01, "a") + frame(opcode, "x")) == told_list{"refused 1002"})); // within a message too
  }
}

TEST_CASE("C-81, RFC 6455 5.5: a control frame is whole and at most 125 bytes long") {
  for (const unsigned opcode : {0x8, 0x9, 0xA}) {
    CHECK((parse(std::string(1, static_cast<char>(opcode))) == told_list{"refused 1002"}));
    CHECK((parse(raw_header(0x80 | opcode, 0x80 | 126, "\x00\x7E"s)) == told_list{"refused 1002"}));
    CHECK((parse(raw_header(0x80 | opcode, 0x80 | 127, "\x00\x00\x00\x00\x00\x01\x00\x00"s)) == told_list{"refused 1002"}));
  }
  const std::string longest(125, 'p');
  check_all_ways(frame(0x89, longest) + frame(0x8A, longest) + frame(0x8A, ""), {"ping:" + longest, "pong:" + longest, "pong:"});
}

TEST_CASE("C-82, RFC 6455 5.4: fragments continue what has begun, and nothing begins between them") {
  check_all_ways(frame(0x00, "x"), {"refused 1002"});
  check_all_ways(frame(0x80, "x"), {"refused 1002"});
  check_all_ways(frame(0x81, "whole") + frame(0x80, "x"), {"text:whole", "refused 1002"});
  check_all_ways(frame(0x01, "a") + frame(0x81, "b"), {"refused 1002"});
  check_all_ways(frame(0x01, "a") + frame(0x02, "b"), {"refused 1002"});
  check_all_ways(frame(0x02, "a") + frame(0x00, "b") + frame(0x80, "") + frame(0x80, "x"), {"binary:ab", "refused 1002"});
}

TEST_CASE("RFC 6455 5.4: control frames come between fragments, whole") {
  check_all_ways(frame(0x01, "Hel") + frame(0x89, "ping") + frame(0x00, "l") + frame(0x8A, "") + frame(0x80, "o"),
                 {"ping:ping", "pong:", "text:Hello"});
  check_all_ways(frame(0x01, "Hel") + frame(0x88, close_payload(1000)), {"close 1000:"});
  check_all_ways(frame(0x02, "") + frame(0x00, "") + frame(0x80, ""), {"binary:"});
}

TEST_CASE("C-83, RFC 6455 8.1: text that is not UTF-8 is refused at its first bad byte") {
  const std::string good = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";
  check_all_ways(frame(0x81, good), {"text:" + good});
  check_all_ways(frame(0x81, good + "\xED\xA0\x80" "edited"), {"refused 1007"});
  check_all_ways(frame(0x01, good) + frame(0x00, "\xED\xA0\x80") + frame(0x80, "edited"), {"refused 1007"});
  // Inside a frame of which most has not come yet.
  const auto bytes = frame(0x81, good + "\xF4\x90" + std::string(100, 'x'));
  CHECK(parse(bytes.substr(0, 6 + 12)).empty());
  CHECK((parse(bytes.substr(0, 6 + 13)) == told_list{"refused 1007"}));
}

TEST_CASE("C-83, RFC 6455 8.1: a character may be cut by fragments and by control frames, but not by the end of its message") {
  const std::string euro = "\xE2\x82\xAC";
  check_all_ways(frame(0x01, euro.substr(0, 1)) + frame(0x89, "") + frame(0x00, euro.substr(1, 1)) + frame(0x80, euro.substr(2)),
                 {"ping:", "text:" + euro});
  check_all_ways(frame(0x81, euro.substr(0, 2)), {"refused 1007"});
  check_all_ways(frame(0x01, euro.substr(0, 2)) + frame(0x80, ""), {"refused 1007"});
  check_all_ways(frame(0x01, euro.substr(0, 2)) + frame(0x80, "x"), {"refused 1007"});
  check_all_ways(frame(0x82, "\xFF\xFE"), {"binary:\xFF\xFE"}); // bytes are not text
}

TEST_CASE("C-84, RFC 6455 5.5.1: a close frame has no payload, or a code and a reason") {
  check_all_ways(frame(0x88, ""), {"close 1005:"});
  check_all_ways(frame(0x88, close_payload(1000)), {"close 1000:"});
  check_all_ways(frame(0x88, close_payload(3000, "r\xC3\xA9""ason")), {"close 3000:r\xC3\xA9""ason"});
  check_all_ways(frame(0x88, close_payload(4999, std::string(123, 'r'))), {"close 4999:" + std::string(123, 'r')});
  check_all_ways(frame(0x88, "\x03"), {"refused 1002"});
}

TEST_CASE("C-84, RFC 6455 7.4: a code that must not be sent is refused") {
  for (const unsigned code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    check_all_ways(frame(0x88, close_payload(code)), {"refused 1002"});
  for (const unsigned code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
    check_all_ways(frame(0x88, close_payload(code)), {"close " + std::to_string(code) + ":"});
}

TEST_CASE("C-84, RFC 6455 8.1: a close reason is UTF-8") {
  check_all_ways(frame(0x88, close_payload(1000, "\xED\xA0\x80")), {"refused 1007"});
  check_all_ways(frame(0x88, close_payload(1000, "half \xE2\x82")), {"refused 1007"});
}

TEST_CASE("C-85, RFC 6455 5.2: a length has its shortest form and at most 63 bits") {
  check_all_ways(client_frame{0x82, std::string(125, 'x'), true, {1, 2, 3, 4}, 2}.bytes(), {"refused 1002"});
  check_all_ways(client_frame{0x82, "", true, {1, 2, 3, 4}, 2}.bytes(), {"refused 1002"});
  check_all_ways(client_frame{0x82, std::string(126, 'x'), true, {1, 2, 3, 4}, 8}.bytes(), {"refused 1002"});
  CHECK((parse(client_frame{0x82, std::string(0xFFFF, 'x'), true, {1, 2, 3, 4}, 8}.bytes()) == told_list{"refused 1002"}));
  CHECK((parse(raw_header(0x82, 0xFF, "\x80\x00\x00\x00\x00\x00\x00\x00"s)) == told_list{"refused 1002"}));
  CHECK((parse(raw_header(0x82, 0xFF, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s)) == told_list{"refused 1002"}));
  CHECK((parse("\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00"s) == told_list{"refused 1002"})); // the key need not have come
}

TEST_CASE("C-85, RFC 6455 7.4.1: a message over the limit is refused before its payload, in one frame or in many") {
  CHECK((parse(frame(0x82, std::string(1000, 'x')), {}, 1000) == told_list{"binary:" + std::string(1000, 'x')}));
  CHECK((parse(raw_header(0x82, 0xFE, "\x03\xE9"s), {}, 1000) == told_list{"refused 1009"}));
  CHECK((parse(raw_header(0x82, 0xFF, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), {}, 1000) == told_list{"refused 1009"}));
  const auto begun = frame(0x01, std::string(600, 'x'));
  CHECK((parse(begun + frame(0x80, std::string(400, 'x')), {}, 1000) == told_list{"text:" + std::string(1000, 'x')}));
  CHECK((parse(begun + raw_header(0x80, 0xFE, "\x01\x91"s), {}, 1000) == told_list{"refused 1009"}));
  // The limit is of each message, not of all.
  CHECK(parse(frame(0x82, std::string(900, 'x')) + frame(0x82, std::string(900, 'x')), {}, 1000).size() == 2);
}

TEST_CASE("C-85: of an announced length nothing is reserved, and of a large message nothing is kept") {
  frame_parser parser(1 << 30);
  auto header = raw_header(0x82, 0xFF, "\x00\x00\x00\x00\x3F\xFF\xFF\xFF"s) + "a few";
  std::span<char> left(header);
  CHECK(parser.next(left) == frame_parser::event::need_more);
  CHECK(parser.held_bytes() == 5);
  CHECK(parser.is_in_message());

  frame_parser other(1 << 20);
  auto fragments = frame(0x02, std::string(5000, 'x')) + frame(0x80, "y");
  left = fragments;
  CHECK(other.next(left) == frame_parser::event::fragment);
  CHECK(other.next(left) == frame_parser::event::message);
  CHECK(other.held_bytes() == 5001);
  other.forget_message();
  CHECK(other.held_bytes() == 0);
}

TEST_CASE("after a refusal nothing else is said") {
  frame_parser parser(1000);
  auto bytes = frame(0x83, "x");
  auto more = frame(0x81, "good");
  std::span<char> left(bytes);
  CHECK(parser.next(left) == frame_parser::event::refused);
  left = more;
  CHECK(parser.next(left) == frame_parser::event::refused);
  CHECK(parser.code() == close_code::protocol_error);
  CHECK_FALSE(parser.payload().empty());
}
