#include "platform/policy/in_flight_limit.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using troupe::policy::in_flight_limit;

TEST_CASE("a limit lets in as many as it says and more only after some have left") {
  in_flight_limit limit(2);
  CHECK(limit.most() == 2);
  CHECK(limit.enter());
  CHECK(limit.enter());
  CHECK_FALSE(limit.enter());
  CHECK_FALSE(limit.enter());
  CHECK(limit.count() == 2); // who was refused holds nothing
  limit.leave();
  CHECK(limit.enter());
  CHECK_FALSE(limit.enter());
}

TEST_CASE("a limit of none lets nobody in") {
  in_flight_limit limit(0);
  CHECK_FALSE(limit.enter());
  CHECK(limit.count() == 0);
}

TEST_CASE("a limit holds however many threads press against it") {
  constexpr int most = 3;
  in_flight_limit limit(most);
  std::atomic<int> inside{0};
  std::atomic<int> worst{0};
  std::atomic<int> entered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        if (!limit.enter()) continue;
        const int now = inside.fetch_add(1) + 1;
        int seen = worst.load();
        while (now > seen && !worst.compare_exchange_weak(seen, now)) {
        }
        ++entered;
        inside.fetch_sub(1);
        limit.leave();
      }
    });
  }
  for (auto& t : threads) t.join();
  CHECK(worst <= most);
  CHECK(entered > 0);
  CHECK(limit.count() == 0);
}
