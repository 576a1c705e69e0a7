#include "services/stats/seen_events.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <random>
#include <set>

using namespace troupe;

namespace {

stats::event_key key(std::uint64_t number) {
  stats::event_key out;
  std::memcpy(out.bytes.data(), &number, sizeof number);
  return out;
}

} // namespace

TEST_CASE("a key is new once") {
  stats::seen_events seen(10, 1);
  CHECK(seen.insert(key(7)));
  CHECK_FALSE(seen.insert(key(7)));
  CHECK(seen.contains(key(7)));
  CHECK_FALSE(seen.contains(key(8)));
  CHECK(seen.size() == 1);
}

TEST_CASE("a full set forgets the oldest keys first, in the order of insertion") {
  stats::seen_events seen(3, 99);
  for (std::uint64_t i = 1; i <= 3; ++i) REQUIRE(seen.insert(key(i)));
  CHECK_FALSE(seen.insert(key(1))); // being seen again makes it no younger
  CHECK(seen.insert(key(4)));
  CHECK_FALSE(seen.contains(key(1)));
  CHECK(seen.contains(key(2)));
  CHECK(seen.insert(key(1)));
  CHECK_FALSE(seen.contains(key(2)));
  CHECK(seen.size() == 3);
}

TEST_CASE("whatever is inserted, the set holds exactly the newest keys") {
  // The salt 1 maps keys by their upper bits, so that small numbers all collide: every path of the probing is
  // taken.
  for (const std::size_t capacity : {1, 2, 3, 7, 64, 100}) {
    for (const std::uint64_t salt : {std::uint64_t{1}, std::uint64_t{0x9e3779b97f4a7c15U}}) {
      std::mt19937_64 random(capacity + salt);
      stats::seen_events seen(capacity, salt);
      std::deque<std::uint64_t> order;
      std::set<std::uint64_t> held;
      bool is_same = true;
      for (int i = 0; i < 5000 && is_same; ++i) {
        const auto number = random() % (2 * capacity + 2);
        const bool is_new = held.insert(number).second;
        if (is_new) order.push_back(number);
        if (order.size() > capacity) {
          held.erase(order.front());
          order.pop_front();
        }
        is_same = seen.insert(key(number)) == is_new && seen.size() == held.size();
        for (std::uint64_t k = 0; k < 2 * capacity + 2 && is_same; ++k)
          is_same = seen.contains(key(k)) == (held.count(k) > 0);
      }
      INFO("capacity " << capacity << ", salt " << salt);
      CHECK(is_same);
    }
  }
}
