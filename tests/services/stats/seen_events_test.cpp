#include "services/stats/seen_events.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <random>
#include <set>
#include <string_view>
#include <vector>

using namespace troupe;

namespace {

stats::event_key key(std::uint64_t number) {
  stats::event_key out;
  std::memcpy(out.bytes.data(), &number, sizeof number);
  return out;
}

} // namespace

TEST_CASE("a key is new once") {
  stats::seen_events seen(10, {1, 1});
  CHECK(seen.insert(key(7)));
  CHECK_FALSE(seen.insert(key(7)));
  CHECK(seen.contains(key(7)));
  CHECK_FALSE(seen.contains(key(8)));
  CHECK(seen.size() == 1);
}

TEST_CASE("a full set forgets the oldest keys first, in the order of insertion") {
  stats::seen_events seen(3, {99, 0});
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
  // Once as they come, and once with keys whose home is the last place of any table up to 256: every path of the probing is taken.
  constexpr base::hash_secret secret{7, 9};
  for (const std::size_t capacity : {1, 2, 3, 7, 64, 100}) {
    for (const bool crowded : {false, true}) {
      std::vector<stats::event_key> keys;
      for (std::uint64_t number = 0; keys.size() < 2 * capacity + 2; ++number) {
        const auto candidate = key(number);
        const std::string_view bytes(reinterpret_cast<const char*>(candidate.bytes.data()), candidate.bytes.size());
        if (!crowded || base::table_hash(secret, bytes) >> 56 == 0xff) keys.push_back(candidate);
      }
      std::mt19937_64 random(capacity);
      stats::seen_events seen(capacity, secret);
      std::deque<std::size_t> order;
      std::set<std::size_t> held;
      bool is_same = true;
      for (int i = 0; i < 5000 && is_same; ++i) {
        const auto chosen = random() % keys.size();
        const bool is_new = held.insert(chosen).second;
        if (is_new) order.push_back(chosen);
        if (order.size() > capacity) {
          held.erase(order.front());
          order.pop_front();
        }
        is_same = seen.insert(keys[chosen]) == is_new && seen.size() == held.size();
        for (std::size_t k = 0; k < keys.size() && is_same; ++k) is_same = seen.contains(keys[k]) == (held.count(k) > 0);
      }
      INFO("capacity " << capacity << ", crowded " << crowded);
      CHECK(is_same);
    }
  }
}
