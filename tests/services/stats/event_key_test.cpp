#include "services/stats/event_key.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <string>

using namespace troupe;

namespace {

std::string hex(const stats::event_key& key) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const auto byte : key.bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

} // namespace

// Both are in the files of running systems. The expected values were computed with Python's hashlib.
TEST_CASE("event keys and product slots never change") {
  stats::event_hasher hash;
  CHECK(hex(hash("85123A", "536365-1")) == "2e92d5d72e7314c3e922d49e068ac256");
  CHECK(stats::product_slot("85123A") == 38076);
  CHECK(stats::product_slot("") == 61457);
  CHECK(stats::product_slot("\xff") == 45124);
}

TEST_CASE("an event key depends on the product, on the event, and on where one ends and the other begins") {
  stats::event_hasher hash;
  const auto key = hash("ab", "cd");
  CHECK(hash("ab", "cd") == key);
  CHECK(hash("ab", "ce") != key);
  CHECK(hash("aB", "cd") != key);
  CHECK(hash("a", "bcd") != key);
  CHECK(hash("abc", "d") != key);
  CHECK(hash(std::string_view("ab\0", 3), "cd") != hash("ab", std::string_view("\0cd", 3)));
}

TEST_CASE("products are spread evenly over the shards") {
  constexpr std::size_t products = 8000;
  for (const std::size_t shards : {2, 3, 8}) {
    std::array<std::size_t, 8> of_shard{};
    for (std::size_t i = 0; i < products; ++i)
      ++of_shard[stats::product_slot("product-" + std::to_string(i)) % shards];
    for (std::size_t s = 0; s < shards; ++s) {
      CHECK(of_shard[s] > products / shards * 8 / 10);
      CHECK(of_shard[s] < products / shards * 12 / 10);
    }
  }
}
