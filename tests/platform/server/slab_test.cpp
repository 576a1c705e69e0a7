#include "platform/server/slab.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

using troupe::server::slab;

TEST_CASE("a slab hands out records until its bound, and again what was given back") {
  slab<int, 4> records(8);
  CHECK(records.capacity() == 0);
  std::set<std::uint32_t> taken;
  for (int i = 0; i < 8; ++i) {
    const auto index = records.acquire();
    REQUIRE(index < records.capacity());
    CHECK(taken.insert(index).second);
  }
  CHECK(records.in_use() == 8);
  CHECK(records.acquire() == slab<int>::none);
  CHECK(records.in_use() == 8);
  records.release(5);
  CHECK(records.in_use() == 7);
  CHECK(records.acquire() == 5);
}

TEST_CASE("a slab's bound is rounded up to a whole chunk") {
  slab<int, 4> records(5);
  for (int i = 0; i < 8; ++i) CHECK(records.acquire() != slab<int>::none);
  CHECK(records.acquire() == slab<int>::none);
  slab<int, 4> none(0);
  CHECK(none.acquire() == slab<int>::none);
}

TEST_CASE("a slab's low places are taken first") {
  slab<int, 4> records(8);
  for (std::uint32_t i = 0; i < 8; ++i) CHECK(records.acquire() == i);
}

TEST_CASE("a record never moves and is left as its last user left it") {
  slab<std::string, 2> records(1000);
  const auto first = records.acquire();
  const auto* place = &records[first];
  records[first] = "kept";
  for (int i = 0; i < 500; ++i) records[records.acquire()] = "other";
  CHECK(&records[first] == place);
  CHECK(records[first] == "kept");
  records.release(first);
  CHECK(records.acquire() == first);
  CHECK(records[first] == "kept");
}

TEST_CASE("no two users of a slab ever hold one record") {
  std::mt19937 random(20261122);
  slab<std::uint32_t, 16> records(200);
  std::vector<std::uint32_t> held;
  std::uint32_t mark = 0;
  std::vector<std::uint32_t> marks;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 2 == 0) {
      const auto index = records.acquire();
      REQUIRE((index == slab<int>::none) == (held.size() == 208)); // 13 chunks
      if (index == slab<int>::none) continue;
      records[index] = ++mark;
      held.push_back(index);
      marks.push_back(mark);
    } else if (!held.empty()) {
      const auto which = random() % held.size();
      REQUIRE(records[held[which]] == marks[which]);
      records.release(held[which]);
      held[which] = held.back();
      marks[which] = marks.back();
      held.pop_back();
      marks.pop_back();
    }
    REQUIRE(records.in_use() == held.size());
  }
}
