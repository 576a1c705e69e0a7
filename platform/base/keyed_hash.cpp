#include "platform/base/keyed_hash.hpp"

#include <unistd.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace troupe::base {

namespace {

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  template <int Rounds>
  void mix() noexcept {
    for (int i = 0; i < Rounds; ++i) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }

  template <int Rounds>
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    mix<Rounds>();
    v0 ^= word;
  }
};

/// The bytes of a word, the first one lowest.
template <class Word>
std::uint64_t little_endian(const char* bytes) noexcept {
  Word word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, sizeof word);
  } else {
    for (std::size_t i = 0; i < sizeof word; ++i) word |= Word{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

/// Fewer than 8 bytes, the first one lowest. Without a loop: bytes that are read twice fall on themselves.
std::uint64_t last_word(std::string_view bytes) noexcept {
  const auto size = bytes.size();
  const auto* data = bytes.data();
  if (size >= 4) return little_endian<std::uint32_t>(data) | little_endian<std::uint32_t>(data + size - 4) << (8 * (size - 4));
  if (size == 0) return 0;
  const auto at = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(data[i])} << (8 * i); };
  return at(0) | at(size / 2) | at(size - 1);
}

template <int RoundsEach, int RoundsLast>
std::uint64_t sip_hash(const hash_secret& secret, std::string_view text) noexcept {
  sip_state state{secret.first ^ 0x736f6d6570736575u, secret.second ^ 0x646f72616e646f6du,
                  secret.first ^ 0x6c7967656e657261u, secret.second ^ 0x7465646279746573u};
  const auto length = std::uint64_t{text.size()} << 56;
  for (; text.size() >= 8; text.remove_prefix(8)) state.take<RoundsEach>(little_endian<std::uint64_t>(text.data()));
  state.take<RoundsEach>(length | last_word(text));
  state.v2 ^= 0xff;
  state.mix<RoundsLast>();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

} // namespace

const hash_secret& process_secret() {
  static const hash_secret secret = [] {
    hash_secret drawn;
    if (::getentropy(&drawn, sizeof drawn) != 0) throw std::runtime_error("the system has no randomness");
    return drawn;
  }();
  return secret;
}

std::uint64_t keyed_hash(const hash_secret& secret, std::string_view text) noexcept { return sip_hash<2, 4>(secret, text); }

std::uint64_t table_hash(const hash_secret& secret, std::string_view key) noexcept { return sip_hash<1, 3>(secret, key); }

} // namespace troupe::base
