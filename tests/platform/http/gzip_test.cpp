#include "platform/http/gzip.hpp"

#include <catch2/catch.hpp>

#include <zlib.h>

#include <random>
#include <string>

using troupe::http::gzip_encoder;

namespace {

std::string inflated(std::string_view packed, std::size_t most) {
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(most + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

} // namespace

TEST_CASE("RFC 1952: one encoder packs one text after the other, each as if it were the first", "[unit]") {
  for (const int level : {1, 6, 9}) {
    CAPTURE(level);
    gzip_encoder encoder(level);
    std::string first;
    for (const std::size_t size : {1024, 300'000, 2'000, 65'536}) {
      std::string text;
      for (std::size_t i = 0; text.size() < size; ++i) text += "{\"id\":\"" + std::to_string(i * 7919) + "\"},";
      const std::string packed(encoder.encode(text));
      REQUIRE_FALSE(packed.empty());
      CHECK(packed.size() < text.size() / 2);
      CHECK((inflated(packed, text.size()) == text));
      CHECK((gzip_encoder(level).encode(text) == packed));
    }
  }
}

TEST_CASE("what would not become smaller is not packed", "[unit]") {
  gzip_encoder encoder(6);
  std::mt19937 random(1952);
  std::string noise(10'000, '\0');
  for (auto& c : noise) c = static_cast<char>(random());
  CHECK(encoder.encode(noise).empty());
  CHECK(encoder.encode("").empty());
  CHECK(encoder.encode("a").empty());
  CHECK(encoder.encode("abc").empty());
  const std::string text(10'000, 'a'); // the encoder goes on after a text that did not fit
  CHECK((inflated(encoder.encode(text), text.size()) == text));
}
