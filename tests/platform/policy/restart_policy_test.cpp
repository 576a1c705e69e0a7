#include "platform/policy/restart_policy.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace std::chrono_literals;
namespace base = troupe::base;
using troupe::policy::restart_policy;

namespace {

constexpr base::time_point start{1h};

restart_policy::options options() {
  restart_policy::options o;
  o.most = 3;
  o.window = 60s;
  o.first_wait = 20ms;
  o.longest_wait = 5s;
  return o;
}

} // namespace

TEST_CASE("the wait before a restart doubles with every crash") {
  auto o = options();
  o.most = 12;
  restart_policy policy(o);
  for (const auto expected : {20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1280ms, 2560ms, 5000ms, 5000ms, 5000ms, 5000ms})
    CHECK(policy.crashed(start) == base::duration(expected));
  CHECK(policy.crashed(start) == std::nullopt);
}

TEST_CASE("C-90: one crash too many within the window ends the restarts") {
  restart_policy policy(options());
  CHECK(policy.crashed(start) == base::duration(20ms));
  CHECK(policy.crashed(start + 20s) == base::duration(40ms));
  CHECK(policy.crashed(start + 60s) == base::duration(80ms)); // the first one still counts
  CHECK(policy.crashed(start + 60s) == std::nullopt);
}

TEST_CASE("crashes that are older than the window are forgotten") {
  restart_policy policy(options());
  for (int i = 0; i < 100; ++i) CHECK(policy.crashed(start + i * 61s) == base::duration(20ms));
  CHECK(policy.crashed(start + 100 * 61s - 60s) == base::duration(40ms));
}

TEST_CASE("a policy of one restart gives up at the second crash") {
  auto o = options();
  o.most = 1;
  restart_policy policy(o);
  CHECK(policy.crashed(start) == base::duration(20ms));
  CHECK(policy.crashed(start + 1s) == std::nullopt);
}

TEST_CASE("a first wait above the longest is cut to it") {
  auto o = options();
  o.first_wait = 10s;
  restart_policy policy(o);
  CHECK(policy.crashed(start) == base::duration(5s));
}
