#include "platform/websocket/message_inflater.hpp"

#include "platform/websocket/message_deflater.hpp"

#include <catch2/catch.hpp>

#include <zlib.h>

#include <random>
#include <string>

using namespace troupe::websocket;
using namespace std::string_literals;
using outcome = message_inflater::outcome;

namespace {

constexpr std::size_t limit = 1 << 20;

// Compressed as a client does it, whatever the size; `strategy` as zlib has it.
std::string deflated(const std::string& text, int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, strategy) == Z_OK);
  std::string out(text.size() + text.size() / 8 + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  REQUIRE(out.ends_with("\x00\x00\xFF\xFF"s));
  return out.substr(0, out.size() - 4);
}

std::string noise(std::size_t size) {
  std::mt19937 random(7692);
  std::string out;
  while (out.size() < size) out += static_cast<char>(random());
  return out;
}

} // namespace

TEST_CASE("RFC 7692 7.2.3: the examples of the RFC") {
  message_inflater inflater;
  const auto check = [&](const std::string& payload, const std::string& text) {
    REQUIRE(inflater.inflate(payload, limit, true) == outcome::complete);
    CHECK(inflater.message() == text);
  };
  check("\xf2\x48\xcd\xc9\xc9\x07\x00"s, "Hello");                             // one block
  check("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s, "Hello");             // one without compression
  check("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s, "Hello");                         // one that says it is the last
  check("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s, "Hello");     // two
  check("\x00"s, "");                                                          // an empty message
}

TEST_CASE("each message begins with an empty window") {
  message_inflater inflater;
  REQUIRE(inflater.inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"s, limit, true) == outcome::complete);
  // The second message of RFC 7692 section 7.2.3.2, which refers to the window of the first.
  CHECK(inflater.inflate("\xf2\x00\x11\x00\x00"s, limit, true) == outcome::bad_data);
  REQUIRE(inflater.inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"s, limit, true) == outcome::complete);
  CHECK(inflater.message() == "Hello");
}

TEST_CASE("RFC 7692 7.2.1: blocks behind one that says it is the last may refer to what came before it") {
  // "Hello" in a last block, then a copy of five bytes from five back, then the empty block.
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_FIXED) == Z_OK);
  const std::string hello = "Hello";
  REQUIRE(deflateSetDictionary(&stream, reinterpret_cast<const Bytef*>(hello.data()), 5) == Z_OK);
  std::string out(100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(hello.data()));
  stream.avail_in = 5;
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = 100;
  REQUIRE(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
  out.resize(100 - stream.avail_out - 4);
  deflateEnd(&stream);
  CHECK(out.size() < 6); // it does refer
  message_inflater inflater;
  REQUIRE(inflater.inflate("\xf3\x48\xcd\xc9\xc9\x07\x00"s + out, limit, true) == outcome::complete);
  CHECK(inflater.message() == "HelloHello");
}

TEST_CASE("messages of all sizes come out as they went in, however they were compressed") {
  message_inflater inflater;
  for (const std::size_t size : {0, 1, 100, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20}) {
    for (const auto& text : {std::string(size, 'a'), noise(size)}) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
        INFO(size << " " << strategy);
        REQUIRE(inflater.inflate(deflated(text, strategy), limit, false) == outcome::complete);
        CHECK((inflater.message() == text));
      }
    }
  }
}

TEST_CASE("C-85: a message over the limit is not inflated beyond it") {
  message_inflater inflater;
  const auto exact = deflated(std::string(1000, 'a'));
  CHECK(inflater.inflate(exact, 1000, true) == outcome::complete);
  CHECK(inflater.inflate(exact, 999, true) == outcome::too_big);
  CHECK(inflater.message().empty());
  const auto bomb = deflated(std::string(100 << 20, '\0')); // 100 MiB in 100 KB
  CHECK(bomb.size() < 110'000);
  CHECK(inflater.inflate(bomb, 1000, false) == outcome::too_big);
  // Whatever follows the limit is not even looked at.
  auto spoilt = bomb;
  for (std::size_t i = bomb.size() / 2; i < bomb.size(); ++i) spoilt[i] = '\xFF';
  CHECK(inflater.inflate(spoilt, 1 << 20, false) == outcome::too_big);
  CHECK(inflater.inflate(deflated(""), 0, true) == outcome::complete);
  CHECK(inflater.inflate(deflated("a"), 0, true) == outcome::too_big);
}

TEST_CASE("data that is no DEFLATE is refused, and the next message is not harmed") {
  message_inflater inflater;
  const auto good = deflated("some text, some text, some text");
  for (const auto& bad : {""s, "\xFF"s, "\x06"s, "\x00\x00"s, "\x00\x06\x00\xf9\xff\x48"s, "\xf2\x48\xcd\xc9\xc9\x07"s, "\x04\x00"s,
                          good + "\x06", good.substr(0, good.size() - 5)}) {
    INFO(bad.size());
    CHECK(inflater.inflate(bad, limit, false) == outcome::bad_data);
    REQUIRE(inflater.inflate(good, limit, true) == outcome::complete);
    CHECK(inflater.message() == "some text, some text, some text");
  }
}

TEST_CASE("C-83: text that is not UTF-8 is refused at the step that brings its first bad byte") {
  message_inflater inflater;
  CHECK(inflater.inflate(deflated("gr\xC3\xBCn"), limit, true) == outcome::complete);
  CHECK(inflater.inflate(deflated("gr\xC3"), limit, true) == outcome::bad_text);
  CHECK(inflater.inflate(deflated("\xED\xA0\x80"), limit, true) == outcome::bad_text);
  CHECK(inflater.inflate(deflated("\xED\xA0\x80"), limit, false) == outcome::complete); // bytes are not text
  auto later_broken = deflated("\xFF" + noise(500'000));
  later_broken.back() = '\x06';
  CHECK(inflater.inflate(later_broken, limit, true) == outcome::bad_text);
  // A character across the steps.
  std::string euros;
  while (euros.size() < 200'000) euros += "\xE2\x82\xAC";
  for (const auto& begin : {""s, "a"s, "aa"s}) CHECK(inflater.inflate(deflated(begin + euros), limit, true) == outcome::complete);
}

TEST_CASE("a million blocks that hold nothing cost what their bytes cost") {
  message_inflater inflater;
  std::string blocks;
  for (int i = 0; i < 200'000; ++i) blocks += "\x00\x00\x00\xFF\xFF"s; // stored, empty
  blocks += '\0';
  REQUIRE(inflater.inflate(blocks, limit, true) == outcome::complete);
  CHECK(inflater.message().empty());
  std::string last_blocks;
  for (int i = 0; i < 500'000; ++i) last_blocks += "\x03\x00"s; // empty, and each says it is the last
  REQUIRE(inflater.inflate(last_blocks + '\0', limit, true) == outcome::complete);
  CHECK(inflater.message().empty());
}
