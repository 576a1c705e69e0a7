// Messages in many fragments: whatever the fragments and the pieces, the message is the same.

#include "tests/platform/websocket/client_frame.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace troupe::websocket;

namespace {

std::string random_text(std::mt19937& random, std::size_t characters) {
  static const std::vector<std::string> alphabet{"a", "z", "\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xF0\x9F\x98\x80"};
  std::string out;
  for (std::size_t i = 0; i < characters; ++i) out += alphabet[random() % alphabet.size()];
  return out;
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(random());
  return out;
}

client_frame masked_at_random(std::mt19937& random, unsigned first, std::string payload) {
  client_frame f{first, std::move(payload)};
  for (auto& byte : f.key) byte = static_cast<unsigned char>(random());
  return f;
}

// The message in fragments of random size, with pings between them; what is to be told goes to `expected`.
std::string fragmented(std::mt19937& random, bool is_text, const std::string& message, std::vector<std::string>& expected) {
  std::string out;
  std::size_t at = 0;
  bool first = true;
  do {
    if (random() % 4 == 0) {
      const auto payload = random_bytes(random, random() % 126);
      out += masked_at_random(random, 0x89, payload).bytes();
      expected.push_back("ping:" + payload);
    }
    const auto size = std::min<std::size_t>(message.size() - at, random() % 3 == 0 ? random() % 3 : random() % 400);
    const bool last = at + size == message.size() && random() % 2 == 0;
    out += masked_at_random(random, (last ? 0x80U : 0U) | (first ? (is_text ? 1U : 2U) : 0U), message.substr(at, size)).bytes();
    at += size;
    first = false;
    if (last) break;
  } while (true);
  expected.push_back((is_text ? "text:" : "binary:") + message);
  return out;
}

} // namespace

TEST_CASE("RFC 6455 5.4: any fragmentation of any messages, in any pieces, gives the messages") {
  std::mt19937 random(6455);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    std::vector<std::string> expected;
    const auto messages = 1 + random() % 4;
    for (unsigned i = 0; i < messages; ++i) {
      const bool is_text = random() % 2 == 0;
      const auto message = is_text ? random_text(random, random() % 300) : random_bytes(random, random() % 900);
      bytes += fragmented(random, is_text, message, expected);
    }
    std::vector<std::size_t> cuts;
    for (unsigned i = random() % 20; i > 0; --i) cuts.push_back(random() % (bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    INFO("round " << round);
    REQUIRE(parse(bytes, cuts) == expected);
  }
}

TEST_CASE("any bytes at all are answered with an event, and memory stays within the message limit") {
  std::mt19937 random(79);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = random_bytes(random, 1 + random() % 64);
    if (random() % 2 == 0) { // half of them get past the first two bytes
      bytes[0] = static_cast<char>((random() & 0x80) | random() % 3);
      if (bytes.size() > 1) bytes[1] = static_cast<char>(0x80 | random() % 128);
    }
    frame_parser parser(100);
    std::span<char> left(bytes);
    int events = 0;
    for (;; ++events) {
      const auto event = parser.next(left);
      if (event == frame_parser::event::refused) break;
      if (event == frame_parser::event::need_more) {
        REQUIRE(left.empty());
        break;
      }
      REQUIRE(parser.payload().size() <= 125);
    }
    REQUIRE(events <= 64);
    REQUIRE(parser.held_bytes() <= 100);
  }
}

TEST_CASE("C-86: a million fragments of one byte are one message, and cost what their bytes cost") {
  frame_parser parser(1 << 20);
  const auto first = frame(0x02, "x");
  const auto middle = frame(0x00, "x");
  std::string batch;
  for (int i = 0; i < 1000; ++i) batch += middle;
  auto start = first;
  std::span<char> left(start);
  CHECK(parser.next(left) == frame_parser::event::fragment);
  for (int i = 0; i < 1000; ++i) {
    auto piece = batch;
    left = piece;
    while (parser.next(left) == frame_parser::event::fragment) {}
    REQUIRE(left.empty());
  }
  CHECK(parser.held_bytes() == 1'000'001);
  auto end = frame(0x80, "");
  left = end;
  REQUIRE(parser.next(left) == frame_parser::event::message);
  CHECK(parser.payload() == std::string(1'000'001, 'x'));
}

TEST_CASE("C-86: a message that never ends is refused at the limit, and empty fragments hold nothing") {
  frame_parser parser(1000);
  int fragments = 0;
  for (auto event = frame_parser::event::fragment; event == frame_parser::event::fragment; ++fragments) {
    auto bytes = frame(fragments == 0 ? 0x02 : 0x00, "0123456789");
    std::span<char> left(bytes);
    event = parser.next(left);
  }
  CHECK(fragments == 101);
  CHECK(parser.code() == 1009);

  frame_parser other(1000);
  for (int i = 0; i < 100'000; ++i) {
    auto bytes = frame(i == 0 ? 0x01 : 0x00, "");
    std::span<char> left(bytes);
    REQUIRE(other.next(left) == frame_parser::event::fragment);
  }
  CHECK(other.held_bytes() == 0);
  CHECK(other.is_in_message());
}
