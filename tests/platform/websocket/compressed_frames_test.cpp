// Frames where permessage-deflate was agreed on, and frames that are dropped.

#include "tests/platform/websocket/client_frame.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::websocket;
using namespace std::string_literals;

namespace {

using told_list = std::vector<std::string>;

// The same outcome in one piece, in two at every place, and byte by byte.
void check_all_ways(const std::string& bytes, const told_list& expected) {
  const auto parsed = [&](const std::vector<std::size_t>& cuts) { return parse(bytes, cuts, 1 << 20, true); };
  CHECK(parsed({}) == expected);
  std::vector<std::size_t> every_byte;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    every_byte.push_back(cut);
    if (parsed({cut}) != expected) FAIL_CHECK("cut at " << cut);
  }
  CHECK(parsed(every_byte) == expected);
}

} // namespace

TEST_CASE("RFC 7692 6: the first frame of a message says that it is compressed, and the others do not") {
  const auto hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  check_all_ways(frame(0xC1, hello), {"compressed text:" + hello});
  check_all_ways(frame(0xC2, hello), {"compressed binary:" + hello});
  check_all_ways(frame(0x41, hello.substr(0, 3)) + frame(0x89, "between") + frame(0x80, hello.substr(3)),
                 {"ping:between", "compressed text:" + hello});
  check_all_ways(frame(0x41, "") + frame(0x00, hello) + frame(0x80, ""), {"compressed text:" + hello});
  check_all_ways(frame(0xC1, hello) + frame(0x81, "plain") + frame(0xC2, "") + frame(0x82, ""),
                 {"compressed text:" + hello, "text:plain", "compressed binary:", "binary:"});
}

TEST_CASE("C-81, RFC 7692 6.1: no control frame and no continuation says that it is compressed, and no message another reserved bit") {
  for (const unsigned opcode : {0x8, 0x9, 0xA}) check_all_ways(frame(0xC0 | opcode, ""), {"refused 1002"});
  check_all_ways(frame(0xC0, "x"), {"refused 1002"});
  check_all_ways(frame(0x41, "x") + frame(0xC0, "x"), {"refused 1002"});
  check_all_ways(frame(0x41, "x") + frame(0x40, "x"), {"refused 1002"});
  check_all_ways(frame(0x01, "x") + frame(0xC0, "x"), {"refused 1002"});
  for (const unsigned bits : {0x10, 0x20, 0x30, 0x50, 0x60, 0x70}) {
    check_all_ways(frame(0x81 | bits, ""), {"refused 1002"});
    check_all_ways(frame(0x82 | bits, ""), {"refused 1002"});
  }
  for (const unsigned opcode : {0x3, 0x7, 0xB, 0xF}) check_all_ways(frame(0xC0 | opcode, ""), {"refused 1002"});
}

TEST_CASE("C-82: a message inside another is refused, compressed or not") {
  check_all_ways(frame(0x41, "x") + frame(0xC1, "x"), {"refused 1002"});
  check_all_ways(frame(0x01, "x") + frame(0xC1, "x"), {"refused 1002"});
  check_all_ways(frame(0x41, "x") + frame(0x81, "x"), {"refused 1002"});
}

TEST_CASE("compressed bytes are not checked as text; those of the next message are") {
  check_all_ways(frame(0xC1, "\xFF\xFE"), {"compressed text:\xFF\xFE"});
  check_all_ways(frame(0xC1, "\xFF") + frame(0x81, "\xFF"), {"compressed text:\xFF", "refused 1007"});
  check_all_ways(frame(0x41, "\xFF") + frame(0x80, "\xE2\x82"), {"compressed text:\xFF\xE2\x82"});
}

TEST_CASE("C-85: the limit of a compressed message leaves room for what compression makes larger, and no more") {
  const std::size_t most = 1000 + 1000 / 8 + 1000 / 64 + 64;
  const auto parsed = [](const std::string& bytes) { return parse(bytes, {}, 1000, true); };
  CHECK((parsed(frame(0xC2, std::string(most, 'x'))) == told_list{"compressed binary:" + std::string(most, 'x')}));
  CHECK((parsed(frame(0xC2, std::string(most + 1, 'x'))) == told_list{"refused 1009"}));
  CHECK((parsed(frame(0x42, std::string(most, 'x')) + frame(0x80, "x")) == told_list{"refused 1009"}));
  CHECK((parsed(frame(0x82, std::string(1001, 'x'))) == told_list{"refused 1009"}));
  CHECK((parsed(frame(0xC2, "") + frame(0x82, std::string(1001, 'x'))) == told_list{"compressed binary:", "refused 1009"}));
}

TEST_CASE("messages that are dropped are held by nobody, whatever their length, and the close frame behind them is seen") {
  for (const bool begun : {false, true}) {
    frame_parser parser(1000);
    auto start = frame(0x01, std::string(900, 'x'));
    std::span<char> left(start);
    if (begun) {
      REQUIRE(parser.next(left) == frame_parser::event::fragment);
      CHECK(parser.held_bytes() == 900);
    }
    parser.drop_messages();
    CHECK(parser.held_bytes() == 0);
    auto bytes = frame(begun ? 0x00 : 0x01, std::string(5000, '\xFF')) + frame(0x80, std::string(70'000, 'y')) + frame(0x89, "p") +
                 frame(0x82, "z") + frame(0x88, close_payload(1001));
    told_list all;
    for (left = bytes; !left.empty();) {
      auto piece = left.first(std::min<std::size_t>(left.size(), 777)); // pieces, as they come from a socket
      left = left.subspan(piece.size());
      while (!piece.empty()) {
        if (auto said = told(parser, parser.next(piece)); !said.empty()) all.push_back(said);
        CHECK(parser.held_bytes() == 0);
      }
    }
    CHECK(all == told_list{"text:", "ping:p", "binary:", "close 1001:"});
  }
}

TEST_CASE("messages that are dropped still keep the rules of frames") {
  frame_parser parser(1000);
  parser.drop_messages();
  auto bytes = frame(0x01, "x") + frame(0x01, "y");
  std::span<char> left(bytes);
  CHECK(parser.next(left) == frame_parser::event::fragment);
  CHECK(parser.next(left) == frame_parser::event::refused);
}
