#pragma once

#include "platform/store/sqlite.hpp"
#include "tests/platform/store/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace troupe::store::test {

/// The directory's database, opened for writing.
inline database opened(const scratch_directory& dir) {
  auto db = database::open(dir.file(), database::access::read_write);
  REQUIRE(db.has_value());
  return std::move(*db);
}

/// Steps once, which must succeed; whether a row is there.
inline bool has_row(statement& s) {
  const auto row = s.step();
  REQUIRE(row.has_value());
  return *row;
}

} // namespace troupe::store::test
