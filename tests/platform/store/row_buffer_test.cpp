#include "platform/store/row_buffer.hpp"
#include "platform/store/sqlite.hpp"
#include "tests/platform/store/opened.hpp"
#include "tests/platform/store/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace troupe;
using store::database;
using store::row_buffer;
using store::statement;
using store::test::has_row;
using store::test::opened;
using store::test::scratch_directory;

namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

struct fixture {
  fixture() {
    REQUIRE(db.lend("lent", rows).has_value());
    REQUIRE(db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK(name <> 'bad')) STRICT")
                .has_value());
  }

  statement prepared(std::string_view sql) {
    auto made = db.prepare(sql);
    REQUIRE(made.has_value());
    return std::move(*made);
  }
  std::int64_t number(std::string_view sql) {
    auto query = prepared(sql);
    REQUIRE(has_row(query));
    return query.integer_at(0);
  }

  scratch_directory dir;
  database db = opened(dir);
  std::shared_ptr<row_buffer> rows = std::make_shared<row_buffer>(2);
};

} // namespace

TEST_CASE_METHOD(fixture, "one statement takes all rows that are lent, each value as it was added") {
  const std::string text("a\0b'; DROP TABLE t", 18);
  rows->add(least, text);
  rows->add(most, std::string_view{});
  rows->add(std::int64_t{7}, std::string(100'000, 'x'));
  auto insert = prepared("INSERT INTO t SELECT * FROM lent");
  REQUIRE(insert.bind_all().run().has_value());
  CHECK(db.changes() == 3);
  auto query = prepared("SELECT id, name FROM t ORDER BY id");
  REQUIRE(has_row(query));
  CHECK(query.integer_at(0) == least);
  CHECK(query.text_at(1) == text);
  REQUIRE(has_row(query));
  CHECK(query.text_at(1) == std::string(100'000, 'x'));
  REQUIRE(has_row(query));
  CHECK(query.integer_at(0) == most);
  CHECK_FALSE(query.null_at(1)); // the empty text is not NULL
}

TEST_CASE_METHOD(fixture, "a statement sees the rows of the moment, and none when there are none") {
  auto insert = prepared("INSERT INTO t SELECT * FROM lent");
  REQUIRE(insert.bind_all().run().has_value());
  CHECK(number("SELECT count(*) FROM t") == 0);
  for (std::int64_t round = 0; round < 3; ++round) {
    rows->clear();
    for (std::int64_t i = 0; i < 100; ++i) rows->add(100 * round + i, std::to_string(i));
    REQUIRE(insert.bind_all().run().has_value());
  }
  CHECK(number("SELECT count(*) FROM t") == 300);
  CHECK(number("SELECT count(*) FROM lent WHERE c0 < 250 AND c1 >= '5'") == 5);
  CHECK(number("SELECT rowid FROM lent WHERE c0 = 299") == 99);
}

TEST_CASE_METHOD(fixture, "a row that breaks a rule undoes the transaction, with OR ROLLBACK") {
  REQUIRE(db.begin().has_value());
  REQUIRE(db.execute("INSERT INTO t VALUES (1, 'before')").has_value());
  rows->add(std::int64_t{2}, "good");
  rows->add(std::int64_t{3}, "bad");
  auto insert = prepared("INSERT OR ROLLBACK INTO t SELECT * FROM lent");
  REQUIRE(insert.bind_all().run().has_error());
  CHECK_FALSE(db.in_transaction());
  CHECK(number("SELECT count(*) FROM t") == 0);
}

TEST_CASE_METHOD(fixture, "lent rows cannot be written, and are in no file") {
  const auto written = db.execute("INSERT INTO lent VALUES (1, 'x')");
  CHECK(written.has_error());
  CHECK(number("SELECT count(*) FROM sqlite_schema WHERE name = 'lent'") == 0);
  auto other = opened(dir);
  CHECK(other.prepare("SELECT * FROM lent").has_error());
}

TEST_CASE_METHOD(fixture, "a row has as many values as there are columns") {
  CHECK_THROWS_AS(rows->add(std::int64_t{1}), std::logic_error);
  CHECK_THROWS_AS(rows->add(std::int64_t{1}, "a", "b"), std::logic_error);
  CHECK(rows->rows() == 0);
  CHECK(db.lend("none", std::make_shared<row_buffer>(0)).has_error());
  CHECK(db.lend("null", nullptr).has_error());
}

TEST_CASE_METHOD(fixture, "the rows outlive whoever made them, as long as the connection lives") {
  rows->add(std::int64_t{1}, "kept");
  std::weak_ptr<row_buffer> watch = rows;
  rows.reset();
  CHECK(number("SELECT c0 FROM lent") == 1);
  auto moved = std::move(db);
  CHECK_FALSE(watch.expired());
  { const auto closed = std::move(moved); }
  CHECK(watch.expired());
}
