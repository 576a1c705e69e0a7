#include "services/stats/leaders.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace troupe;
using stats::leaders;

namespace {

using entry = std::pair<std::string, std::uint64_t>;

/// Keys with values, what their leaders say, and what sorting all of them says.
class board {
 public:
  /// The id of a key says nothing about its number.
  board(std::size_t kept, std::size_t keys) : leaders_(kept) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < keys; ++i) names.push_back("p" + std::to_string(i));
    std::shuffle(names.begin(), names.end(), std::mt19937(7));
    names.insert(names.begin(), std::string());
    names_ = std::move(names);
    for (const auto& name : names_) {
      ids_.push_back(name);
      values_.push_back(0);
      leaders_.add_key();
    }
  }

  void raise(std::uint32_t key, std::uint64_t by) {
    values_[key] += by;
    leaders_.rose(key, ranks());
  }
  /// Every value becomes what `change` makes of it, which is not larger.
  template <class Change>
  void lower(Change change) {
    for (std::size_t key = 1; key < values_.size(); ++key) values_[key] = change(key, values_[key]);
    leaders_.fell();
  }

  std::vector<entry> first(std::size_t limit) {
    if (!leaders_.knows(limit, ranks())) {
      ++walks;
      leaders_.rebuild(ranks());
      CHECK(leaders_.knows(limit, ranks()));
    }
    std::vector<entry> out;
    for (const auto& l : leaders_.first(limit)) out.emplace_back(names_[l.key], l.value);
    return out;
  }

  [[nodiscard]] std::vector<entry> sorted(std::size_t limit) const {
    std::vector<entry> all;
    for (std::size_t key = 1; key < values_.size(); ++key) {
      if (values_[key] > 0) all.emplace_back(names_[key], values_[key]);
    }
    std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    all.resize(std::min(all.size(), limit));
    return all;
  }

  std::size_t walks = 0;

 private:
  [[nodiscard]] stats::ranking ranks() const { return {values_, ids_}; }

  std::vector<std::string> names_;
  std::vector<std::string_view> ids_;
  std::vector<std::uint64_t> values_;
  leaders leaders_;
};

} // namespace

TEST_CASE("leaders of nothing are none, however many are asked for") {
  board all(2, 5);
  for (const std::size_t limit : {0, 1, 100}) CHECK(all.first(limit).empty());
  CHECK(all.walks == 0);
}

TEST_CASE("all that have a value are known without a walk, even when they are fewer than asked for") {
  board all(4, 20);
  for (const std::uint32_t key : {3, 9, 1}) all.raise(key, key);
  for (std::size_t limit = 0; limit < 6; ++limit) CHECK(all.first(limit) == all.sorted(limit));
  all.lower([](std::size_t key, std::uint64_t value) { return key == 9 ? 0 : value; });
  CHECK(all.first(4) == all.sorted(4));
  CHECK(all.first(4).size() == 2);
  CHECK(all.walks == 0);
}

TEST_CASE("rising values never need a walk, in whatever order they come") {
  const auto order = GENERATE(0, 1, 2);
  const auto kept = GENERATE(1U, 3U, 20U);
  board all(kept, 500);
  for (std::uint32_t i = 1; i <= 500; ++i) {
    // Each one before all that came, each one behind them, and all of the same value.
    all.raise(i, order == 0 ? i : order == 1 ? 501 - i : 7);
    REQUIRE(all.first(kept) == all.sorted(kept));
  }
  CHECK(all.walks == 0);
}

TEST_CASE("equal values need one walk after a fall and none for being asked again") {
  board all(4, 100);
  for (std::uint32_t key = 1; key <= 100; ++key) all.raise(key, 10);
  CHECK(all.first(4) == all.sorted(4));
  CHECK(all.walks == 0);
  all.lower([](std::size_t key, std::uint64_t value) { return key % 2 == 0 ? value - 1 : 1; });
  for (int i = 0; i < 10; ++i) {
    CHECK(all.first(4) == all.sorted(4));
    all.raise(static_cast<std::uint32_t>(2 * i + 2), 1);
  }
  CHECK(all.first(4) == all.sorted(4));
  CHECK(all.walks == 1);
}

TEST_CASE("a fall that leaves enough leaders before everybody else needs no walk") {
  board all(10, 1000);
  for (std::uint32_t key = 1; key <= 1000; ++key) all.raise(key, key);
  CHECK(all.first(10) == all.sorted(10));
  all.lower([](std::size_t key, std::uint64_t value) { return key > 995 ? 0 : value; });
  CHECK(all.first(5) == all.sorted(5));
  CHECK(all.walks == 0);
  CHECK(all.first(10) == all.sorted(10));
  CHECK(all.walks == 1);
}

TEST_CASE("leaders that fell to 0 are not told, and lead again when they rise") {
  board all(2, 50);
  for (std::uint32_t key = 1; key <= 50; ++key) all.raise(key, 100);
  all.lower([](std::size_t, std::uint64_t) { return 0; });
  CHECK(all.first(2).empty());
  all.raise(7, 1);
  CHECK(all.first(2) == all.sorted(2));
  CHECK(all.first(2).size() == 1);
}

TEST_CASE("17,000 random changes give what sorting all keys gives, and a walk only behind a fall") {
  const auto kept = GENERATE(1U, 2U, 5U, 30U);
  const auto largest = GENERATE(1U, 3U, 1000U); // the smaller, the more are equal
  CAPTURE(kept, largest);
  std::mt19937 random(20111209);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  board all(kept, 120);
  std::size_t falls = 0;
  bool has_fallen = false; // since the last walk
  for (int i = 0; i < 17'000; ++i) {
    const auto luck = below(100);
    if (luck < 4) {
      // Some amounts leave a window; at times nearly all of them.
      const auto keep = below(3) == 0 ? below(100) : 90;
      all.lower([&](std::size_t, std::uint64_t value) {
        return below(100) < keep ? value : below(static_cast<std::uint32_t>(value) + 1);
      });
      ++falls;
      has_fallen = true;
    } else if (luck < 80) {
      // Half of what happens is with a few keys.
      all.raise(1 + below(below(2) == 0 ? 120 : 8), 1 + below(largest));
    } else {
      const auto limit = below(kept + 1);
      const auto walks = all.walks;
      REQUIRE(all.first(limit) == all.sorted(limit));
      if (all.walks > walks) {
        REQUIRE(has_fallen);
        has_fallen = false;
      }
    }
  }
  CHECK(all.walks > 0);
  CHECK(all.walks <= falls);
}
