#include "platform/net/ticket_keys.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::net;
using troupe::base::time_point;

TEST_CASE("a ticket key is the newest for an hour and opens tickets for at least two hours more") {
  ticket_keys keys;
  const time_point start{100h};
  ticket_key first, key;
  REQUIRE(keys.newest(start, first));
  REQUIRE(keys.newest(start + 59min, key));
  CHECK(key.name == first.name);
  CHECK(keys.find(first.name, start + 59min, key) == ticket_keys::found::newest);

  ticket_key second;
  REQUIRE(keys.newest(start + 60min, second));
  CHECK(second.name != first.name);
  CHECK(second.cipher != first.cipher);
  CHECK(second.mac != first.mac);
  CHECK(keys.find(first.name, start + 2h, key) == ticket_keys::found::older);
  CHECK(key.cipher == first.cipher);
  CHECK(keys.find(second.name, start + 61min, key) == ticket_keys::found::newest);
  // One that was sealed in the last minute of the first key.
  CHECK(keys.find(first.name, start + 59min + 2h, key) == ticket_keys::found::older);
  CHECK(keys.find(first.name, start + 3h, key) == ticket_keys::found::no);
  CHECK(keys.find(second.name, start + 3h, key) == ticket_keys::found::older);
}

TEST_CASE("a ticket key that nobody renews still ends") {
  ticket_keys keys;
  const time_point start{100h};
  ticket_key first, key;
  REQUIRE(keys.newest(start, first));
  CHECK(keys.find(first.name, start + 90min, key) == ticket_keys::found::older);
  CHECK(keys.find(first.name, start + 3h, key) == ticket_keys::found::no);
}

TEST_CASE("a name that no ticket key has opens nothing") {
  ticket_keys keys;
  ticket_key key;
  const time_point start{100h};
  CHECK(keys.find(std::array<unsigned char, 16>{}, start, key) == ticket_keys::found::no);
  REQUIRE(keys.newest(start, key));
  auto forged = key.name;
  forged[15] ^= 1;
  CHECK(keys.find(forged, start, key) == ticket_keys::found::no);
}
