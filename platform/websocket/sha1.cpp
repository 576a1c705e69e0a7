#include "platform/websocket/sha1.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace troupe::websocket {

namespace {

constexpr std::size_t block_bytes = 64;
using digest = std::array<std::uint32_t, 5>;

void mix_block(digest& h, const unsigned char* block) noexcept {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | block[4 * i + 3];
  for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = h;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t f = b ^ c ^ d;
    std::uint32_t k = 0x6ED9EBA1;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999;
    } else if (i >= 40 && i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDC;
    } else if (i >= 60) {
      k = 0xCA62C1D6;
    }
    const auto next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
}

} // namespace

std::array<unsigned char, 20> sha1(std::string_view text) noexcept {
  digest h{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  auto left = text.size();
  for (; left >= block_bytes; left -= block_bytes, bytes += block_bytes) mix_block(h, bytes);
  // The rest, a one bit, zeros, and the length: one block, or two when the length does not fit.
  std::array<unsigned char, 2 * block_bytes> tail{};
  if (left > 0) std::memcpy(tail.data(), bytes, left);
  tail[left] = 0x80;
  const auto tail_bytes = left + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
  for (std::size_t i = 0; i < 8; ++i) tail[tail_bytes - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
  for (std::size_t i = 0; i < tail_bytes; i += block_bytes) mix_block(h, tail.data() + i);
  std::array<unsigned char, 20> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<unsigned char>(h[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

} // namespace troupe::websocket
