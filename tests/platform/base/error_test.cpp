#include "platform/base/result.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <string_view>

using namespace troupe::base;

TEST_CASE("every code has a name of its own, and an unknown one is internal") {
  std::set<std::string_view> names;
  for (int code = 1; code <= 12; ++code) names.insert(name(static_cast<errc>(code)));
  CHECK(names.size() == 12);
  CHECK(name(errc::invalid_argument) == "invalid_argument");
  CHECK(name(errc::internal) == "internal");
  CHECK(name(static_cast<errc>(0)) == "internal");
  CHECK(name(static_cast<errc>(200)) == "internal");
}

TEST_CASE("a result holds a value or the error that was returned") {
  const auto half = [](int number) -> result<int> {
    if (number % 2 != 0) return fail(errc::invalid_argument, "odd");
    return number / 2;
  };
  REQUIRE(half(8).has_value());
  CHECK(*half(8) == 4);
  REQUIRE(half(7).has_error());
  CHECK(half(7).error() == error{errc::invalid_argument, "odd"});
  const result<void> done;
  CHECK(done.has_value());
}
