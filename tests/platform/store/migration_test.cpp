#include "platform/store/sqlite.hpp"
#include "tests/platform/store/opened.hpp"
#include "tests/platform/store/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using store::database;
using store::migration;
using store::test::has_row;
using store::test::opened;
using store::test::scratch_directory;
using access_mode = database::access;

namespace {

const std::vector<migration> two_steps{
    {1, "CREATE TABLE account(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
        "CREATE INDEX account_name ON account(name);"},
    {2, "ALTER TABLE account ADD COLUMN balance INTEGER NOT NULL DEFAULT 0;"},
};

std::int64_t number(database& db, std::string_view sql) {
  auto query = db.prepare(sql);
  REQUIRE(query.has_value());
  REQUIRE(has_row(*query));
  return query->integer_at(0);
}

} // namespace

TEST_CASE("migrations are applied in order, and each only once") {
  scratch_directory dir;
  {
    auto db = opened(dir);
    REQUIRE(db.migrate(std::span(two_steps).first(1)).has_value());
    REQUIRE(db.execute("INSERT INTO account(name) VALUES('kept')").has_value());
    CHECK(number(db, "SELECT max(number) FROM schema_version") == 1);
  }
  for (int start = 0; start < 2; ++start) {
    auto db = opened(dir);
    REQUIRE(db.migrate(two_steps).has_value());
    CHECK(number(db, "SELECT count(*) FROM schema_version") == 2);
    CHECK(number(db, "SELECT count(*) FROM account WHERE name = 'kept' AND balance = 0") == 1);
    CHECK_FALSE(db.in_transaction());
  }
}

TEST_CASE("a migration records when it was applied") {
  scratch_directory dir;
  auto db = opened(dir);
  REQUIRE(db.migrate(two_steps).has_value());
  CHECK(
      number(db, "SELECT count(*) FROM schema_version WHERE applied_at LIKE '20__-__-__T__:__:__.______Z'") ==
      2);
}

TEST_CASE("a file that a newer version has written is refused and left as it is") {
  scratch_directory dir;
  auto db = opened(dir);
  REQUIRE(db.migrate(two_steps).has_value());
  const auto refused = db.migrate(std::span(two_steps).first(1));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::unavailable);
  CHECK(refused.error().detail == "the store is at schema version 2 and this program knows 1: "
                                  "start the version that wrote it, or a later one");
  CHECK(number(db, "SELECT count(*) FROM schema_version") == 2);
}

TEST_CASE("a migration that fails leaves nothing behind, and the steps before it stay") {
  scratch_directory dir;
  auto db = opened(dir);
  const std::vector<migration> steps{two_steps[0],
                                     {2, "CREATE TABLE half(x); INSERT INTO account(name) VALUES('half');"
                                         "INSERT INTO no_such_table VALUES(1);"}};
  const auto failed = db.migrate(steps);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == base::errc::unavailable);
  CHECK(failed.error().detail ==
        "migration 2 of the store failed: its data is unchanged, the log has the reason");
  CHECK_FALSE(db.in_transaction());
  CHECK(number(db, "SELECT count(*) FROM schema_version") == 1);
  CHECK(number(db, "SELECT count(*) FROM account") == 0);
  CHECK(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0);

  REQUIRE(db.migrate(two_steps).has_value()); // once it is corrected
  CHECK(number(db, "SELECT count(*) FROM schema_version") == 2);
}

TEST_CASE("a migration that ends its own transaction is refused") {
  scratch_directory dir;
  auto db = opened(dir);
  const std::vector<migration> steps{{1, "CREATE TABLE t(x); COMMIT;"}};
  const auto refused = db.migrate(steps);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::internal);
  CHECK(refused.error().detail == "migration 1 ends the transaction that it runs in");
}

TEST_CASE("migrations that are not numbered from 1 without gaps are refused before anything is applied") {
  scratch_directory dir;
  auto db = opened(dir);
  const auto numbers = GENERATE(values<std::pair<int, int>>({{0, 1}, {2, 3}, {1, 3}, {1, 1}, {2, 1}}));
  const std::vector<migration> steps{{numbers.first, "CREATE TABLE a(x)"},
                                     {numbers.second, "CREATE TABLE b(x)"}};
  const auto refused = db.migrate(steps);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::internal);
  CHECK(number(db, "SELECT count(*) FROM sqlite_schema") == 0);
}

TEST_CASE("no migrations at all are applied to a new file") {
  scratch_directory dir;
  auto db = opened(dir);
  CHECK(db.migrate({}).has_value());
  CHECK(number(db, "SELECT count(*) FROM schema_version") == 0);
}

TEST_CASE("several connections that migrate at once apply each step once") {
  scratch_directory dir;
  std::vector<std::string> failures(4);
  {
    std::vector<std::jthread> threads;
    for (auto& failure : failures) {
      threads.emplace_back([&failure, file = dir.file()] {
        auto db = database::open(file, access_mode::read_write);
        if (db.has_error())
          failure = db.error().detail;
        else if (const auto done = db->migrate(two_steps); done.has_error())
          failure = done.error().detail;
      });
    }
  }
  CHECK(failures == std::vector<std::string>(failures.size()));
  auto db = opened(dir);
  CHECK(number(db, "SELECT count(*) FROM schema_version") == 2);
}
