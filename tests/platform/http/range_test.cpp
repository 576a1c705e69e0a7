#include "platform/http/range.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using troupe::http::choose_range;
using troupe::http::content_range;
using kind = troupe::http::range_kind;

namespace {

struct example {
  std::string value;
  std::uint64_t size;
  kind expected;
  std::uint64_t first = 0, length = 0;
};

void check(const std::vector<example>& examples) {
  for (const auto& e : examples) {
    CAPTURE(e.value, e.size);
    const auto got = choose_range(e.value, e.size);
    CHECK(got.kind == e.expected);
    CHECK(got.first == e.first);
    CHECK(got.length == e.length);
  }
}

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

} // namespace

TEST_CASE("RFC 9110 14.1.2: one range of bytes is found", "[unit]") {
  check({{"bytes=0-4", 10, kind::part, 0, 5},
         {"bytes=0-0", 10, kind::part, 0, 1},
         {"bytes=9-", 10, kind::part, 9, 1},
         {"bytes=0-", 10, kind::part, 0, 10},
         {"bytes=5-100", 10, kind::part, 5, 5},
         {"bytes=-3", 10, kind::part, 7, 3},
         {"bytes=-100", 10, kind::part, 0, 10},
         {"BYTES=1-2", 10, kind::part, 1, 2},
         {"bytes= 1-2 ", 10, kind::part, 1, 2},
         {"bytes=3221225471-", 3'221'225'472, kind::part, 3'221'225'471, 1}});
}

TEST_CASE("RFC 9110 15.5.17: a range that begins behind the end is unsatisfiable", "[unit]") {
  check({{"bytes=10-", 10, kind::unsatisfiable},
         {"bytes=10-20", 10, kind::unsatisfiable},
         {"bytes=-0", 10, kind::unsatisfiable},
         {"bytes=0-", 0, kind::unsatisfiable},
         {"bytes=-0", 0, kind::unsatisfiable}});
  check({{"bytes=-5", 0, kind::whole}}); // satisfiable, but empty
}

TEST_CASE("RFC 9110 14.2: what is malformed, of another unit or a list is ignored", "[unit]") {
  for (const auto* value : {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=5-4", "bytes=a-b", "bytes=1-b", "bytes=0x1-2",
                            "bytes=+1-2", "bytes=1--2", "bytes=--2", "bytes=1 - 2", "bytes =1-2", " bytes=1-2", "items=0-4",
                            "bytes=0-1,3-4", "bytes=0-1,", "bytes=,0-1", "bytes=0-1;q=1", "byte=0-1", "bytes:0-1", "0-4"}) {
    CAPTURE(value);
    CHECK(choose_range(value, 10).kind == kind::whole);
  }
}

TEST_CASE("a number that does not fit into 64 bits is as good as infinite", "[unit]") {
  const std::string huge(400, '9');
  check({{"bytes=0-" + huge, 10, kind::part, 0, 10},
         {"bytes=" + huge + "-", 10, kind::unsatisfiable},
         {"bytes=" + huge + "-" + huge, 10, kind::unsatisfiable},
         {"bytes=-" + huge, 10, kind::part, 0, 10},
         {"bytes=0-18446744073709551615", 10, kind::part, 0, 10},
         {"bytes=0-18446744073709551616", 10, kind::part, 0, 10},
         {"bytes=18446744073709551615-", 10, kind::unsatisfiable},
         {"bytes=0-", largest, kind::part, 0, largest},
         {"bytes=18446744073709551614-18446744073709551615", largest, kind::part, largest - 1, 1}});
}

TEST_CASE("whatever is asked, a part lies within the representation", "[unit]") {
  std::mt19937_64 random(9110);
  const std::string alphabet = "0123456789-,= bytesx";
  for (int i = 0; i < 200'000; ++i) {
    std::string value = "bytes=";
    for (auto n = random() % 24; n > 0; --n) value += alphabet[random() % (random() % 4 ? 11 : alphabet.size())];
    const std::uint64_t size = random() % 3 == 0 ? random() : random() % 20;
    const auto got = choose_range(value, size);
    if (got.kind != kind::part) continue;
    CAPTURE(value, size);
    REQUIRE(got.length > 0);
    REQUIRE(got.first < size);
    REQUIRE(got.length <= size - got.first);
  }
}

TEST_CASE("RFC 9110 14.4: Content-Range says which part of how much", "[unit]") {
  CHECK(content_range(choose_range("bytes=0-4", 10), 10) == "bytes 0-4/10");
  CHECK(content_range(choose_range("bytes=-1", 10), 10) == "bytes 9-9/10");
  CHECK(content_range(choose_range("bytes=10-", 10), 10) == "bytes */10");
}
