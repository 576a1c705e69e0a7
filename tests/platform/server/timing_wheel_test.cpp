#include "platform/server/timing_wheel.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using troupe::server::timing_wheel;

namespace {

std::vector<std::uint32_t> fired(timing_wheel& wheel, std::uint32_t now) {
  std::vector<std::uint32_t> all;
  wheel.advance(now, [&](std::uint32_t index) { all.push_back(index); });
  std::sort(all.begin(), all.end());
  return all;
}

using indices = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("an entry fires once, at its tick and not before") {
  timing_wheel wheel(100);
  wheel.at_most(7, 105);
  CHECK(wheel.size() == 1);
  CHECK(wheel.earliest() == 105);
  CHECK(fired(wheel, 104).empty());
  CHECK(fired(wheel, 105) == indices{7});
  CHECK(wheel.size() == 0);
  CHECK(wheel.earliest() == timing_wheel::never);
  CHECK(fired(wheel, 5000).empty());
}

TEST_CASE("an entry is only ever moved to an earlier tick") {
  timing_wheel wheel(0);
  wheel.at_most(1, 10);
  wheel.at_most(1, 20);
  wheel.at_most(1, timing_wheel::never);
  CHECK(wheel.size() == 1);
  CHECK(fired(wheel, 9).empty());
  CHECK(fired(wheel, 10) == indices{1});
  wheel.at_most(1, 40);
  wheel.at_most(1, 30);
  CHECK(wheel.earliest() == 30);
  CHECK(fired(wheel, 30) == indices{1});
  CHECK(fired(wheel, 100).empty());
}

TEST_CASE("an entry due in the past fires at the next tick") {
  timing_wheel wheel(50);
  wheel.at_most(3, 10);
  CHECK(wheel.earliest() == 51);
  CHECK(fired(wheel, 50).empty());
  CHECK(fired(wheel, 51) == indices{3});
}

TEST_CASE("an entry that is cancelled does not fire, and cancelling nothing does nothing") {
  timing_wheel wheel(0);
  wheel.cancel(9);
  for (std::uint32_t i = 0; i < 5; ++i) wheel.at_most(i, 10);
  wheel.cancel(0);
  wheel.cancel(2);
  wheel.cancel(4);
  wheel.cancel(4);
  CHECK(wheel.size() == 2);
  CHECK(fired(wheel, 10) == indices{1, 3});
}

TEST_CASE("an entry due after many turns of the wheel waits for its own turn") {
  timing_wheel wheel(0);
  const auto slots = static_cast<std::uint32_t>(timing_wheel::slots);
  wheel.at_most(1, 5);
  wheel.at_most(2, 5 + slots);
  wheel.at_most(3, 5 + 3 * slots);
  CHECK(fired(wheel, 5) == indices{1});
  CHECK(fired(wheel, 4 + slots).empty());
  CHECK(fired(wheel, 5 + slots) == indices{2});
  CHECK(fired(wheel, 5 + 3 * slots) == indices{3});
}

TEST_CASE("C-136: after a long stop everything that is due fires once") {
  timing_wheel wheel(0);
  const auto slots = static_cast<std::uint32_t>(timing_wheel::slots);
  for (std::uint32_t i = 0; i < 10; ++i) wheel.at_most(i, 1 + i * slots / 2);
  CHECK(fired(wheel, 10 * slots).size() == 10);
  CHECK(wheel.size() == 0);
}

TEST_CASE("what fires may enter itself and others again") {
  timing_wheel wheel(0);
  wheel.at_most(1, 1);
  indices all;
  for (std::uint32_t now = 1; now <= 5; ++now) {
    wheel.advance(now, [&](std::uint32_t index) {
      all.push_back(index);
      wheel.at_most(index, now + 1);
      wheel.at_most(index + 1, now + 1);
    });
  }
  CHECK(all.size() == 1 + 2 + 3 + 4 + 5);
}

TEST_CASE("time that stands still or goes back fires nothing") {
  timing_wheel wheel(10);
  wheel.at_most(1, 11);
  CHECK(fired(wheel, 10).empty());
  CHECK(fired(wheel, 3).empty());
  CHECK(fired(wheel, 11) == indices{1});
}

TEST_CASE("the wheel does what a list of due times does, whatever is asked of it") {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    INFO("seed " << seed);
    std::uint32_t now = random() % 100'000;
    timing_wheel wheel(now);
    std::map<std::uint32_t, std::uint32_t> due; // by index
    // Short waits and long ones, small steps and leaps over several turns.
    const std::uint32_t longest = seed % 3 == 0 ? 10'000 : seed % 3 == 1 ? 100 : 3'000;
    for (int step = 0; step < 5'000; ++step) {
      const std::uint32_t index = random() % 64;
      switch (random() % 4) {
      case 0:
      case 1: {
        const std::uint32_t wanted = now + random() % longest;
        const auto real = std::max(wanted, now + 1);
        wheel.at_most(index, wanted);
        const auto [found, added] = due.try_emplace(index, real);
        if (!added && wanted < found->second) found->second = real;
        break;
      }
      case 2:
        wheel.cancel(index);
        due.erase(index);
        break;
      default: {
        now += random() % 50 == 0 ? random() % 9'000 : random() % 5;
        indices expected;
        for (auto at = due.begin(); at != due.end();) {
          if (at->second <= now) {
            expected.push_back(at->first);
            at = due.erase(at);
          } else {
            ++at;
          }
        }
        REQUIRE(fired(wheel, now) == expected);
      }
      }
      REQUIRE(wheel.size() == due.size());
      // The owner sleeps until `earliest`: it may wake too early, never too late and never for what has passed.
      const auto earliest = wheel.earliest();
      if (due.empty()) {
        REQUIRE(earliest == timing_wheel::never);
      } else {
        auto least = timing_wheel::never;
        for (const auto& [i, at] : due) least = std::min(least, at);
        REQUIRE(earliest <= least);
        REQUIRE(earliest > now);
      }
    }
  }
}
