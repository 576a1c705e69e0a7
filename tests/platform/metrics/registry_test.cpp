#include "platform/metrics/registry.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::metrics;

TEST_CASE("the same name, labels and writer give the same cell") {
  registry r;
  auto& first = r.counter("requests_total", "", {{"route", "/a"}}, 3);
  first.add(5);
  CHECK(&r.counter("requests_total", "", {{"route", "/a"}}, 3) == &first);
  CHECK(r.counter("requests_total", "", {{"route", "/a"}}, 3).value() == 5);
  CHECK(&r.counter("requests_total", "", {{"route", "/b"}}, 3) != &first);
  CHECK(&r.counter("requests_total", "", {{"route", "/a"}}, 4) != &first);
}

TEST_CASE("cells of different writers share no cache line") {
  registry r;
  for (std::size_t writer = 0; writer < 8; ++writer) {
    CHECK(reinterpret_cast<std::uintptr_t>(&r.counter("c", "", {}, writer)) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(&r.gauge("g", "", {}, writer)) % 64 == 0);
  }
}

TEST_CASE("a gauge goes up and down, also below zero") {
  registry r;
  auto& g = r.gauge("sessions", "");
  g.add(3);
  g.add(-5);
  CHECK(g.value() == -2);
  g.set(7);
  CHECK(g.value() == 7);
}

TEST_CASE("names that Prometheus does not allow are refused") {
  registry r;
  for (const auto* name : {"", "1st", "a-b", "a b", "a\n", "\xC3\xA9", "a{b}"}) {
    INFO(name);
    CHECK_THROWS_AS((void)r.counter(name, ""), std::invalid_argument);
  }
  for (const auto* label : {"", "1st", "a-b", "le", "__name__", "a:b", "a\""}) {
    INFO(label);
    CHECK_THROWS_AS((void)r.counter("c", "", {{label, "x"}}), std::invalid_argument);
  }
  CHECK_THROWS_AS((void)r.counter("c", "", {{"a", "1"}, {"a", "2"}}), std::invalid_argument);
  CHECK_NOTHROW((void)r.counter("troupe:ok_total9", "", {{"_a9", "any \n value"}}));
  CHECK(r.expose().find("# HELP c ") == std::string::npos); // a refused call leaves nothing behind
}

TEST_CASE("a name keeps the type that it had first") {
  registry r;
  (void)r.counter("c", "");
  (void)r.histogram("h", "");
  CHECK_THROWS_AS((void)r.gauge("c", ""), std::invalid_argument);
  CHECK_THROWS_AS(r.observe("c", "", {}, [] { return 1.0; }), std::invalid_argument);
  CHECK_THROWS_AS((void)r.counter("h", ""), std::invalid_argument);
}

TEST_CASE("threads with cells of their own count without losing anything, while another looks") {
  registry r;
  constexpr int rounds = 20'000;
  {
    std::vector<std::jthread> writers;
    for (std::size_t writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&r, writer] {
        auto& c = r.counter("c", "help", {}, writer);
        for (int i = 0; i < rounds; ++i) c.add();
      });
    }
    for (int i = 0; i < 50; ++i) CHECK(r.expose().size() < 1000);
  }
  CHECK(r.expose() == "# HELP c help\n# TYPE c counter\nc 80000\n");
}
