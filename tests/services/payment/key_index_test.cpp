#include "services/payment/key_index.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

using namespace troupe::payment;

namespace {

/// Folds into a table, as the store does.
void fold_into(std::map<std::uint64_t, std::int64_t>& table, key_index& index, std::size_t most) {
  std::uint64_t before = 0;
  for (const auto& held : index.fold(most)) {
    CHECK(held.slot >= before);
    before = held.slot;
    table.emplace(held.slot, held.operation);
  }
}

} // namespace

TEST_CASE("a slot is found in its transaction and after it, but not when it was dropped", "[unit][payment]") {
  key_index index(100);
  index.add({7, 1});
  CHECK(index.find(7) == 1);
  index.drop();
  CHECK_FALSE(index.find(7));
  index.add({8, 1});
  index.keep();
  CHECK(index.find(8) == 1);
  index.drop();
  CHECK(index.find(8) == 1);
}

TEST_CASE("loaded slots are found and folded first", "[unit][payment]") {
  key_index index(100);
  index.load({{9, 3}, {4, 1}, {6, 2}}, 3);
  CHECK(index.find(4) == 1);
  CHECK_FALSE(index.find(5));
  const auto part = index.fold(5);
  REQUIRE(part.size() == 3);
  CHECK(part[0].slot == 4);
  CHECK(part[2].slot == 9);
  CHECK(index.folded_through() == 3);
}

TEST_CASE("slots that share a cell are told apart, also when the table grows", "[unit][payment]") {
  slot_table table;
  CHECK_FALSE(table.find(0));
  std::int64_t operation = 0;
  for (std::uint64_t i = 0; i < 300; ++i)
    table.add({i << 32, ++operation}); // the same cell at any size below 2^32
  for (std::uint64_t i = 0; i < 300; ++i) CHECK(table.find(i << 32) == static_cast<std::int64_t>(i) + 1);
  CHECK_FALSE(table.find(1));
  CHECK(table.size() == 300);
  CHECK(table.entries().size() == 300);
  table.clear();
  CHECK_FALSE(table.find(0));
  CHECK(table.entries().empty());
}

TEST_CASE("a generation is folded in the order of its slots, and told when it is done", "[unit][payment]") {
  key_index index(4);
  for (std::int64_t i = 1; i <= 4; ++i) {
    CHECK(index.fold(10).empty());
    index.add({static_cast<std::uint64_t>(1000 - i * 100), i});
    index.keep();
  }
  CHECK_FALSE(index.is_full());
  auto part = index.fold(3);
  REQUIRE(part.size() == 3);
  CHECK(part[0].slot == 600);
  CHECK(part[2].slot == 800);
  CHECK_FALSE(index.folded_through());
  index.keep();
  part = index.fold(3);
  REQUIRE(part.size() == 1);
  CHECK(part[0].slot == 900);
  CHECK(index.folded_through() == 4);
  CHECK(index.find(900) == 1); // until the transaction is over
  index.keep();
  CHECK_FALSE(index.find(900)); // now the table has it
  CHECK_FALSE(index.folded_through());
}

TEST_CASE("a fold that is rolled back is given again", "[unit][payment]") {
  key_index index(2);
  index.add({5, 1});
  index.add({6, 2});
  index.keep();
  CHECK(index.fold(2).size() == 2);
  CHECK(index.folded_through() == 2);
  index.drop();
  CHECK_FALSE(index.folded_through());
  CHECK(index.fold(2).size() == 2);
  CHECK(index.find(5) == 1);
}

TEST_CASE("it is full when the next generation is complete before this one is folded", "[unit][payment]") {
  key_index index(2);
  for (std::int64_t i = 1; i <= 3; ++i) {
    index.add({static_cast<std::uint64_t>(i), i});
    index.keep();
  }
  CHECK_FALSE(index.is_full());
  index.add({4, 4});
  index.keep();
  CHECK(index.is_full());
}

TEST_CASE("index and table together always know what was committed, and nothing else", "[unit][payment]") {
  std::mt19937_64 random(11);
  key_index index(50);
  std::map<std::uint64_t, std::int64_t> table;
  std::map<std::uint64_t, std::int64_t> expected;
  std::int64_t last = 0;
  std::int64_t through = 0;
  for (int group = 0; group < 600; ++group) {
    auto table_then = table;
    std::vector<held_slot> added;
    const auto size = random() % 8;
    for (std::size_t i = 0; i < size; ++i) {
      const held_slot held{random(), last + static_cast<std::int64_t>(i) + 1};
      index.add(held);
      added.push_back(held);
    }
    fold_into(table_then, index, 3 * size);
    const auto done = index.folded_through();
    if (random() % 4 == 0) {
      index.drop();
      for (const auto& held : added) CHECK_FALSE(index.find(held.slot));
      continue;
    }
    index.keep();
    table = table_then;
    if (done) through = *done;
    for (const auto& held : added) expected.emplace(held.slot, held.operation);
    last += static_cast<std::int64_t>(size);
  }
  REQUIRE(through > 0);
  CHECK(table.size() > 1000);
  for (const auto& [slot, operation] : expected) {
    const auto recent = index.find(slot);
    const auto folded = table.find(slot);
    CHECK((recent == operation || (folded != table.end() && folded->second == operation)));
    if (operation <= through) CHECK(table.count(slot) == 1); // what a restart does not read again
  }
}
