#include "platform/base/keyed_hash.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

using namespace troupe::base;

namespace {

constexpr hash_secret secret{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

} // namespace

// Source: the reference implementation's vectors_sip64 (github.com/veorq/SipHash, vectors.h): key 00..0f,
// text 00, 01, ...
TEST_CASE("The keyed hash is SipHash-2-4") {
  constexpr std::array<std::uint64_t, 9> expected{
      0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu, 0x0d6c8009d9a94f5au, 0x85676696d7fb7e2du, 0xcf2794e0277187b7u,
      0x18765564cd99a68du, 0xcbc9466e58fee3ceu, 0xab0200f58b01d137u, 0x93f5f5799a932462u};
  std::string text;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(keyed_hash(secret, text) == expected[i]);
    text += static_cast<char>(i);
  }
  // The paper's own example: 15 bytes.
  text.clear();
  for (char c = 0; c < 15; ++c) text += c;
  CHECK(keyed_hash(secret, text) == 0xa129ca6149be45e5u);
}

// Source: CPython 3.11, which hashes bytes by SipHash-1-3: the values of hash(bytes(range(n))) with PYTHONHASHSEED=0, which is the secret
// 0.
TEST_CASE("The hash of tables is SipHash-1-3") {
  constexpr std::array<std::pair<std::size_t, std::uint64_t>, 13> expected{{{1, 0x68a914128e01e473u},
                                                                            {2, 0x010bac45c41e3669u},
                                                                            {3, 0x4d4c9a4a8ef6e0adu},
                                                                            {4, 0x7cc43f98813e4dbdu},
                                                                            {5, 0x5abe2169dff36275u},
                                                                            {6, 0xe3c25f87624f1cdbu},
                                                                            {7, 0x2f098ab0c751325au},
                                                                            {8, 0xead411e67ebe2eeau},
                                                                            {9, 0x75927f9d95124362u},
                                                                            {15, 0xf30eb725bb91c9eau},
                                                                            {16, 0x8972188433a5c5b7u},
                                                                            {31, 0x169739443111d49bu},
                                                                            {32, 0x31ef8061c910629bu}}};
  std::string text;
  for (const auto& [size, hash] : expected) {
    while (text.size() < size) text += static_cast<char>(text.size());
    INFO(size << " bytes");
    CHECK(table_hash({}, text) == hash);
  }
}

TEST_CASE("A hash of tables depends on both halves of the secret, and the process has one secret") {
  CHECK(table_hash({1, 0}, "85123A") != table_hash({}, "85123A"));
  CHECK(table_hash({0, 1}, "85123A") != table_hash({}, "85123A"));
  const auto& of_process = process_secret();
  CHECK(&of_process == &process_secret());
  CHECK((of_process.first != 0 || of_process.second != 0));
}
