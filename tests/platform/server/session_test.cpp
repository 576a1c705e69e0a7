#include "platform/server/session.hpp"

#include <catch2/catch.hpp>

using troupe::server::session;

// An idle session costs this, 12 bytes in the timing wheel and 4 in the free list: at most 96 together.
static_assert(sizeof(session) <= 64);

TEST_CASE("a new session has nothing and is timed") {
  const session s;
  CHECK(s.fd == -1);
  CHECK(s.flags == 0);
  CHECK(s.is_timed());
}

TEST_CASE("a flag is set and cleared without touching the others") {
  session s;
  s.set(session::registered);
  s.set(session::gathering);
  CHECK(s.is(session::registered));
  CHECK(s.is(session::gathering));
  CHECK_FALSE(s.is(session::blocked));
  s.clear(session::registered);
  s.clear(session::blocked);
  CHECK_FALSE(s.is(session::registered));
  CHECK(s.is(session::gathering));
}

TEST_CASE("while services work for it a session is timed only for what its client owes") {
  session s;
  s.in_flight = 1;
  CHECK_FALSE(s.is_timed());
  s.set(session::readable);
  CHECK_FALSE(s.is_timed());
  for (const auto owed : {session::blocked, session::lingering, session::gathering}) {
    s.set(owed);
    CHECK(s.is_timed());
    s.clear(owed);
    CHECK_FALSE(s.is_timed());
  }
}
