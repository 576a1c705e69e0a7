#include "platform/websocket/message_deflater.hpp"

#include "platform/websocket/message_inflater.hpp"

#include <catch2/catch.hpp>

#include <zlib.h>

#include <random>
#include <string>

using namespace troupe::websocket;

namespace {

// Text of words, so that there is something to refer to, near and far.
std::string words(std::size_t size) {
  std::mt19937 random(9);
  std::string out;
  while (out.size() < size) out += "product-" + std::to_string(random() % 500) + ",";
  out.resize(size);
  return out;
}

// What a client makes of it that keeps no larger window than was agreed on; "failed" when that is too small.
std::string inflated(std::string_view compressed, int window_bits, std::size_t size) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, -window_bits) == Z_OK);
  const std::string in = std::string(compressed) + std::string("\0\0\xFF\xFF", 4);
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  // In small steps: within one, zlib may look back into the output itself, however far.
  int status = Z_OK;
  for (std::size_t made = 0; status == Z_OK && made < out.size();) {
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(64, out.size() - made));
    const auto room = stream.avail_out;
    status = inflate(&stream, Z_SYNC_FLUSH);
    made += room - stream.avail_out;
    if (stream.avail_in == 0 && stream.avail_out > 0) {
      out.resize(made);
      break;
    }
  }
  inflateEnd(&stream);
  return status == Z_OK || status == Z_BUF_ERROR ? out : "failed";
}

} // namespace

TEST_CASE("RFC 7692 7.2.1: what is compressed is inflated by a client that keeps the window that was agreed on") {
  message_deflater deflater(1);
  for (const std::size_t size : {256, 1000, 10'000, 100'000, 1 << 18}) {
    const auto text = words(size);
    for (int bits = 9; bits <= 15; ++bits) {
      const auto compressed = deflater.deflate(text, bits);
      INFO(size << " " << bits);
      REQUIRE_FALSE(compressed.empty());
      CHECK(compressed.size() < text.size());
      CHECK((inflated(compressed, bits, size) == text));
    }
  }
}

TEST_CASE("each message is compressed from an empty window, so that equal ones give equal bytes") {
  message_deflater deflater(6);
  const auto text = words(3000);
  const auto first = std::string(deflater.deflate(text, 15));
  static_cast<void>(deflater.deflate(words(20'000), 15));
  static_cast<void>(deflater.deflate(words(5000), 9));
  CHECK(deflater.deflate(text, 15) == first);
}

TEST_CASE("what is not worth it is not compressed: small, huge and incompressible messages") {
  message_deflater deflater(1);
  CHECK(deflater.deflate(std::string(message_deflater::least_bytes - 1, 'a'), 15).empty());
  CHECK_FALSE(deflater.deflate(std::string(message_deflater::least_bytes, 'a'), 15).empty());
  CHECK_FALSE(deflater.deflate(std::string(message_deflater::most_bytes, 'a'), 15).empty());
  CHECK(deflater.deflate(std::string(message_deflater::most_bytes + 1, 'a'), 15).empty());
  std::mt19937 random(1);
  std::string noise;
  while (noise.size() < 100'000) noise += static_cast<char>(random());
  CHECK(deflater.deflate(noise, 15).empty());
  CHECK_FALSE(deflater.deflate(words(1000), 15).empty()); // and the next is not harmed
}

TEST_CASE("a message that becomes no smaller by one byte is left alone, and one that does is not") {
  message_deflater deflater(1);
  message_inflater inflater;
  std::mt19937 random(2);
  bool both[2] = {};
  for (std::size_t pattern = 0; pattern < 200; ++pattern) {
    std::string text;
    while (text.size() < 300) text += static_cast<char>(random());
    for (std::size_t i = 0; i < pattern; ++i) text[i] = 'a';
    const auto compressed = deflater.deflate(text, 15);
    both[compressed.empty() ? 0 : 1] = true;
    if (compressed.empty()) continue;
    CHECK(compressed.size() < text.size());
    REQUIRE(inflater.inflate(compressed, 1000, false) == message_inflater::outcome::complete);
    CHECK(inflater.message() == text);
  }
  CHECK((both[0] && both[1]));
}
