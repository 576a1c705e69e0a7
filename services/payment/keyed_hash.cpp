#include "services/payment/keyed_hash.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace troupe::payment {

namespace {

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
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

  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

/// Up to 8 bytes, the first one lowest.
std::uint64_t little_endian(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  if (std::endian::native == std::endian::little && bytes.size() == sizeof word) {
    std::memcpy(&word, bytes.data(), sizeof word);
    return word;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i)
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

} // namespace

std::uint64_t keyed_hash(const hash_secret& secret, std::string_view text) noexcept {
  sip_state state{secret.first ^ 0x736f6d6570736575u, secret.second ^ 0x646f72616e646f6du,
                  secret.first ^ 0x6c7967656e657261u, secret.second ^ 0x7465646279746573u};
  const auto length = std::uint64_t{text.size()} << 56;
  for (; text.size() >= 8; text.remove_prefix(8)) state.take(little_endian(text.substr(0, 8)));
  state.take(length | little_endian(text));
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

} // namespace troupe::payment
