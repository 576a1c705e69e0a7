#include "platform/store/sqlite.hpp"
#include "tests/platform/store/opened.hpp"
#include "tests/platform/store/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

using namespace troupe;
using store::database;
using store::statement;
using store::test::has_row;
using store::test::opened;
using store::test::scratch_directory;

namespace {

struct fixture {
  scratch_directory dir;
  database db = opened(dir);

  statement prepared(std::string_view sql) {
    auto made = db.prepare(sql);
    REQUIRE(made.has_value());
    return std::move(*made);
  }
  void run(std::string_view sql) { REQUIRE(db.execute(sql).has_value()); }
  std::int64_t count(std::string_view table) {
    auto query = prepared("SELECT count(*) FROM " + std::string(table));
    REQUIRE(has_row(query));
    return query.integer_at(0);
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "every kind of value comes back as it was bound") {
  auto query = prepared("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7");
  const std::array blob{std::byte{0}, std::byte{0xff}, std::byte{'\''}};
  const std::string text("a\0b'\"; DROP TABLE t", 19);
  query.bind_all(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), text,
                 std::string_view{}, std::span<const std::byte>(blob), nullptr, true);
  REQUIRE(has_row(query));
  CHECK(query.integer_at(0) == std::numeric_limits<std::int64_t>::min());
  CHECK(query.integer_at(1) == std::numeric_limits<std::int64_t>::max());
  CHECK(query.text_at(2) == text);
  CHECK(query.text_at(3).empty());
  CHECK_FALSE(query.null_at(3)); // the empty text is not NULL
  CHECK(std::equal(blob.begin(), blob.end(), query.blob_at(4).begin(), query.blob_at(4).end()));
  CHECK(query.null_at(5));
  CHECK(query.text_at(5).empty());
  CHECK(query.integer_at(5) == 0);
  CHECK(query.blob_at(5).empty());
  CHECK(query.integer_at(6) == 1);
  CHECK_FALSE(has_row(query));
}

TEST_CASE_METHOD(fixture, "integers of any width and literals can be bound") {
  auto query = prepared("SELECT ?1, ?2, ?3, ?4");
  query.bind_all(std::uint32_t{4'000'000'000}, short{-5}, 7LL, "literal");
  REQUIRE(has_row(query));
  CHECK(query.integer_at(0) == 4'000'000'000);
  CHECK(query.integer_at(1) == -5);
  CHECK(query.integer_at(2) == 7);
  CHECK(query.text_at(3) == "literal");
}

TEST_CASE_METHOD(fixture, "a statement is used again with other values") {
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  auto insert = prepared("INSERT INTO t(name) VALUES(?1)");
  for (const auto* name : {"first", "second", "third"}) REQUIRE(insert.bind_all(name).run().has_value());
  CHECK(db.changes() == 1);
  CHECK(db.last_insert_rowid() == 3);

  auto find = prepared("SELECT name FROM t WHERE id = ?1");
  for (const auto& [id, name] : {std::pair{2, "second"}, {1, "first"}, {3, "third"}}) {
    REQUIRE(has_row(find.bind_all(id))); // begins anew, though the rows were not read to the end
    CHECK(find.text_at(0) == name);
  }
  CHECK_FALSE(has_row(find.bind_all(4)));
  run("UPDATE t SET name = name || '!'");
  CHECK(db.changes() == 3);
}

TEST_CASE_METHOD(fixture, "a statement is not run unless each of its parameters is bound anew") {
  auto query = prepared("SELECT ?1, ?2");
  const base::error forgotten{base::errc::internal, "a statement was run without all of its parameters"};
  SECTION("none") { CHECK(query.step().error() == forgotten); }
  SECTION("too few") { CHECK(query.bind_all(1).step().error() == forgotten); }
  SECTION("too many") { CHECK(query.bind_all(1, 2, 3).step().error() == forgotten); }
  SECTION("those of the use before") {
    REQUIRE(query.bind_all("a", "b").step().has_value());
    query.reset();
    CHECK(query.step().error() == forgotten);
    CHECK(query.bind_all("c").run().error() == forgotten);
  }
  REQUIRE(has_row(query.bind_all(1, 2))); // and it recovers
}

TEST_CASE_METHOD(fixture, "a bind while rows are being read is reported") {
  auto query = prepared("SELECT ?1 UNION ALL SELECT 2");
  REQUIRE(has_row(query.bind_all(1)));
  query.bind(1, 5);
  CHECK(query.step().has_error());
}

TEST_CASE("a statement that was never prepared yields an error") {
  statement none;
  CHECK(none.step().error().code == base::errc::internal);
  none.reset();
  CHECK(none.bind_all().run().has_error());
}

TEST_CASE_METHOD(fixture, "a moved statement and a moved database go on working") {
  run("CREATE TABLE t(x)");
  auto insert = prepared("INSERT INTO t VALUES(?1)");
  statement other;
  other = std::move(insert);
  database target = std::move(db);
  REQUIRE(target.begin().has_value());
  REQUIRE(other.bind_all(1).run().has_value());
  REQUIRE(target.commit().has_value());
  CHECK(target.changes() == 1);
  CHECK(db.prepare("SELECT 1").error().code ==
        base::errc::internal); // NOLINT(bugprone-use-after-move): on purpose
  CHECK(db.execute("SELECT 1").has_error());
  CHECK(db.begin().has_error());
  CHECK_FALSE(db.in_transaction());
}

TEST_CASE_METHOD(fixture, "a statement may outlive its database") {
  auto query = prepared("SELECT 7");
  { const database gone = std::move(db); }
  REQUIRE(has_row(query));
  CHECK(query.integer_at(0) == 7);
}

TEST_CASE_METHOD(fixture, "a rollback undoes what came after begin") {
  run("CREATE TABLE t(x)");
  REQUIRE(db.begin().has_value());
  CHECK(db.in_transaction());
  run("INSERT INTO t VALUES(1)");
  db.rollback();
  CHECK_FALSE(db.in_transaction());
  CHECK(count("t") == 0);
  db.rollback(); // without a transaction: nothing

  REQUIRE(db.begin().has_value());
  run("INSERT INTO t VALUES(1)");
  REQUIRE(db.commit().has_value());
  CHECK(count("t") == 1);
}

TEST_CASE_METHOD(fixture, "a transaction cannot begin twice, nor end without a beginning") {
  CHECK(db.commit().has_error());
  REQUIRE(db.begin().has_value());
  CHECK(db.begin().has_error());
  CHECK(db.in_transaction());
  CHECK(db.commit().has_value());
}

TEST_CASE_METHOD(fixture, "a commit that fails is rolled back") {
  run("CREATE TABLE parent(id INTEGER PRIMARY KEY);"
      "CREATE TABLE child(parent INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)");
  REQUIRE(db.begin().has_value());
  run("INSERT INTO child VALUES(99)"); // checked at the commit
  CHECK(db.commit().has_error());
  CHECK_FALSE(db.in_transaction());
  CHECK(count("child") == 0);
  CHECK(db.begin().has_value());
  CHECK(db.commit().has_value());
}

TEST_CASE_METHOD(fixture, "wrong SQL is an internal error that keeps the SQL to itself") {
  const auto bad = GENERATE(as<std::string>{}, "SELEKT 1", "SELECT x FROM secret_table", "", "-- nothing");
  const auto refused = db.prepare(bad);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::internal);
  CHECK(refused.error().detail.find("secret_table") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "a full store is unavailable and its transaction is over or can be rolled back") {
  run("CREATE TABLE t(x)");
  run("PRAGMA max_page_count=4");
  REQUIRE(db.begin().has_value());
  const auto full = db.execute("INSERT INTO t VALUES(zeroblob(100000))");
  REQUIRE(full.has_error());
  CHECK(full.error() == base::error{base::errc::unavailable, "the store has no space left"});
  db.rollback();
  CHECK_FALSE(db.in_transaction());
  CHECK(count("t") == 0);
}

TEST_CASE("each SQLite code has one of our codes") {
  struct row {
    int sqlite;
    base::errc code;
  };
  const auto r = GENERATE(values<row>({
      {SQLITE_FULL, base::errc::unavailable},
      {SQLITE_IOERR_FSYNC, base::errc::unavailable},
      {SQLITE_BUSY, base::errc::unavailable},
      {SQLITE_BUSY_SNAPSHOT, base::errc::unavailable},
      {SQLITE_LOCKED, base::errc::unavailable},
      {SQLITE_READONLY_DBMOVED, base::errc::unavailable},
      {SQLITE_CORRUPT_VTAB, base::errc::unavailable},
      {SQLITE_NOTADB, base::errc::unavailable},
      {SQLITE_CANTOPEN, base::errc::unavailable},
      {SQLITE_CONSTRAINT_UNIQUE, base::errc::internal},
      {SQLITE_MISUSE, base::errc::internal},
      {SQLITE_ERROR, base::errc::internal},
      {SQLITE_NOMEM, base::errc::internal},
  }));
  const auto e = database::translate(nullptr, r.sqlite);
  CHECK(e.code == r.code);
  CHECK_FALSE(e.detail.empty());
}
