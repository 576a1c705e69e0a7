#pragma once

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::base::test {

/// Texts of 32 characters, each fit for a path segment, that libstdc++'s std::hash maps to one value: its seed is the same everywhere, and
/// every step of it can be undone, so that of two words the second is computed from the first and the state that is wanted after both.
/// Source: MurmurHash64A, public domain.
class colliding_texts {
 public:
  /// `count`: 1..10,000. Fails the test when std::hash is another one.
  static std::vector<std::string> make(std::size_t count) {
    std::size_t side = 1;
    while (side * side < count) ++side;
    colliding_texts search;
    constexpr std::uint64_t middle = 0x1234567890abcdefu;
    const auto first = search.pairs(seed ^ text_size * factor, middle, side);
    const auto second = search.pairs(middle, 0xfedcba0987654321u, side);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back(first[i / side] + second[i % side]);
    const std::hash<std::string_view> hash;
    for (const auto& text : texts) {
      if (hash(text) != hash(texts.front())) FAIL("std::hash is another one than libstdc++'s: make texts that collide in it");
    }
    return texts;
  }

 private:
  static constexpr std::size_t text_size = 32;
  static constexpr std::size_t word_size = 8;
  static constexpr std::uint64_t seed = 0xc70f6907u;
  static constexpr std::uint64_t factor = 0xc6a4a7935bd1e995u;
  static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~!$&'()*+,;=:@";

  // Newton's iteration doubles the correct bits.
  static constexpr std::uint64_t inverse = [] {
    auto guess = factor;
    for (int i = 0; i < 6; ++i) guess *= 2 - factor * guess;
    return guess;
  }();

  static std::uint64_t fold(std::uint64_t word) { return word ^ word >> 47; } // its own inverse
  static std::uint64_t mix(std::uint64_t word) { return fold(word * factor) * factor; }
  static std::uint64_t unmix(std::uint64_t word) { return fold(word * inverse) * inverse; }

  /// Texts of two words that lead the hash from one state to another.
  std::vector<std::string> pairs(std::uint64_t from, std::uint64_t to, std::size_t count) {
    std::vector<std::string> found;
    while (found.size() < count) {
      std::array<char, 2 * word_size> text{};
      for (std::size_t i = 0; i < word_size; ++i) text[i] = allowed[random_() % allowed.size()];
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), word_size);
      const auto after = (from ^ mix(word)) * factor;
      word = unmix(to * inverse ^ after);
      std::memcpy(text.data() + word_size, &word, word_size);
      const std::string_view whole(text.data(), text.size());
      if (whole.find_first_not_of(allowed) == std::string_view::npos) found.emplace_back(whole);
    }
    return found;
  }

  std::mt19937_64 random_{1};
};

} // namespace troupe::base::test
