#include "platform/policy/in_flight_place.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using troupe::policy::in_flight_limit;
using troupe::policy::in_flight_place;

TEST_CASE("a place that nobody keeps is given back, and so when something throws") {
  in_flight_limit limit(1);
  {
    const in_flight_place place(limit);
    CHECK(place);
    CHECK(limit.count() == 1);
  }
  CHECK(limit.count() == 0);
  const auto fail = [&] {
    const in_flight_place place(limit);
    throw std::runtime_error("before anybody owned it");
  };
  CHECK_THROWS(fail());
  CHECK(limit.count() == 0);
}

TEST_CASE("a place that somebody keeps is his to give back") {
  in_flight_limit limit(1);
  {
    in_flight_place place(limit);
    place.keep();
  }
  CHECK(limit.count() == 1);
}

TEST_CASE("where there is no place, none is given back") {
  in_flight_limit limit(1);
  const in_flight_place taken(limit);
  {
    const in_flight_place place(limit);
    CHECK_FALSE(place);
  }
  CHECK(limit.count() == 1);
}
