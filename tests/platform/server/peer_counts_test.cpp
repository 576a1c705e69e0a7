#include "platform/server/peer_counts.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <thread>
#include <vector>

namespace troupe::server {

namespace {

base::ip_address address(const char* text) { return *base::ip_address::parse(text); }

base::ip_address numbered(std::uint32_t n) {
  return base::ip_address::v4({static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                               static_cast<std::uint8_t>(n)});
}

} // namespace

TEST_CASE("peer counts: C-77: one peer has no more than its most, and others have theirs") {
  peer_counts counts(2);
  const auto first = counts.enter(address("192.0.2.1"));
  REQUIRE(first.has_value());
  REQUIRE(counts.enter(address("192.0.2.1")) == first);
  CHECK_FALSE(counts.enter(address("192.0.2.1")).has_value());
  CHECK(counts.enter(address("192.0.2.2")).has_value());
  counts.leave(*first);
  CHECK(counts.enter(address("192.0.2.1")).has_value());
  CHECK_FALSE(counts.enter(address("192.0.2.1")).has_value());
}

TEST_CASE("peer counts: an IPv6 peer is its first 64 bits") {
  peer_counts counts(1);
  CHECK(counts.enter(address("2001:db8:0:1::1")).has_value());
  CHECK_FALSE(counts.enter(address("2001:db8:0:1:ffff::2")).has_value());
  CHECK(counts.enter(address("2001:db8:0:2::1")).has_value());
}

TEST_CASE("peer counts: IPv4 addresses are apart from each other and from IPv6's") {
  peer_counts counts(1);
  CHECK(counts.enter(address("0.0.0.1")).has_value());
  CHECK(counts.enter(address("::1")).has_value());
  CHECK_FALSE(counts.enter(address("::ffff:0.0.0.1")).has_value());
}

TEST_CASE("peer counts: what is exempt is not counted") {
  peer_counts counts(1);
  counts.leave(peer_counts::exempt);
  CHECK(counts.peers() == 0);
}

TEST_CASE("peer counts: many peers come and go, and every count comes back to nothing") {
  peer_counts counts(3);
  constexpr std::uint32_t many = 5000;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::uint32_t> places;
    for (std::uint32_t n = 0; n < 3 * many; ++n) {
      const auto place = counts.enter(numbered(n % many));
      REQUIRE(place.has_value());
      places.push_back(*place);
    }
    CHECK(counts.peers() == many);
    for (std::uint32_t n = 0; n < many; ++n) CHECK_FALSE(counts.enter(numbered(n)).has_value());
    // Half of them first, so that places are used again among others that stay.
    for (std::size_t i = 0; i < places.size(); i += 2) counts.leave(places[i]);
    for (std::size_t i = 1; i < places.size(); i += 2) counts.leave(places[i]);
    CHECK(counts.peers() == 0);
  }
}

TEST_CASE("peer counts: threads that enter and leave together lose no count") {
  peer_counts counts(1000);
  std::array<std::thread, 4> threads;
  for (std::uint32_t t = 0; t < threads.size(); ++t) {
    threads[t] = std::thread([&counts, t] {
      for (std::uint32_t i = 0; i < 20'000; ++i) {
        const auto shared = counts.enter(numbered(i % 7));
        const auto own = counts.enter(numbered(1000 + t * 100 + i % 90));
        if (shared) counts.leave(*shared);
        if (own) counts.leave(*own);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(counts.peers() == 0);
}

} // namespace troupe::server
