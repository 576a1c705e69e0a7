#include "platform/store/sqlite.hpp"

#include "platform/base/clock.hpp"
#include "platform/base/log.hpp"

#include <sqlite3.h>

#include <string>
#include <utility>

namespace troupe::store {

using base::errc;

database::database(database&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), begin_(std::move(other.begin_)),
      commit_(std::move(other.commit_)) {}

database& database::operator=(database&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(begin_, other.begin_);
  std::swap(commit_, other.commit_);
  return *this;
}

// The "v2" form waits for statements that are still there, among them our own two members.
database::~database() { ::sqlite3_close_v2(connection_); }

base::error database::translate(sqlite3* connection, int code) {
  base::log::error(
      "store_error",
      {{"code", code}, {"reason", connection ? ::sqlite3_errmsg(connection) : ::sqlite3_errstr(code)}});
  switch (code & 0xff) { // the upper bits refine the primary code
  case SQLITE_FULL: return base::fail(errc::unavailable, "the store has no space left");
  case SQLITE_IOERR: return base::fail(errc::unavailable, "the store cannot read or write its file");
  case SQLITE_BUSY:
  case SQLITE_LOCKED: return base::fail(errc::unavailable, "the store is locked by another writer");
  case SQLITE_READONLY: return base::fail(errc::unavailable, "the store can only be read");
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB: return base::fail(errc::unavailable, "the store's file is damaged");
  case SQLITE_CANTOPEN: return base::fail(errc::unavailable, "the store's file cannot be opened");
  default: return base::fail(errc::internal, "the store refused a statement");
  }
}

base::result<statement> database::prepare(std::string_view sql) {
  if (!connection_) return base::fail(errc::internal, "a database was used after it was moved from");
  sqlite3_stmt* prepared = nullptr;
  const int code = ::sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (code != SQLITE_OK) return translate(connection_, code);
  if (!prepared) return base::fail(errc::internal, "an empty statement cannot be prepared");
  return statement(prepared);
}

base::result<void> database::execute(std::string_view sql) {
  if (!connection_) return base::fail(errc::internal, "a database was used after it was moved from");
  const int code = ::sqlite3_exec(connection_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return translate(connection_, code);
  return {};
}

base::result<void> database::begin() { return begin_.bind_all().run(); }

base::result<void> database::commit() {
  auto done = commit_.bind_all().run();
  if (done.has_error()) rollback();
  return done;
}

void database::rollback() noexcept {
  if (!in_transaction()) return;
  const int code = ::sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) base::log::error("store_rollback_failed", {{"code", code}});
}

bool database::in_transaction() const noexcept {
  return connection_ && ::sqlite3_get_autocommit(connection_) == 0;
}

std::int64_t database::changes() const noexcept { return connection_ ? ::sqlite3_changes64(connection_) : 0; }

std::int64_t database::last_insert_rowid() const noexcept {
  return connection_ ? ::sqlite3_last_insert_rowid(connection_) : 0;
}

base::result<int> database::schema_number() {
  auto made = execute("CREATE TABLE IF NOT EXISTS schema_version("
                      "number INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT");
  if (made.has_error()) return made.error();
  auto latest = prepare("SELECT coalesce(max(number), 0) FROM schema_version");
  if (latest.has_error()) return latest.error();
  const auto row = latest->step();
  if (row.has_error()) return row.error();
  return static_cast<int>(latest->integer_at(0));
}

namespace {

/// A longer wait for another writer, until the end of the scope.
class patience {
 public:
  patience(sqlite3* connection, std::chrono::milliseconds wait) noexcept : connection_(connection) { set(wait); }
  ~patience() { set(database::busy_timeout); }
  patience(const patience&) = delete;
  patience& operator=(const patience&) = delete;

 private:
  void set(std::chrono::milliseconds wait) noexcept { ::sqlite3_busy_timeout(connection_, static_cast<int>(wait.count())); }

  sqlite3* connection_;
};

constexpr std::chrono::minutes migration_patience{10};

} // namespace

base::result<void> database::migrate(std::span<const migration> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].number != static_cast<int>(i) + 1) {
      return base::fail(errc::internal, "the migrations are not numbered 1, 2, 3, ...");
    }
  }
  const auto known = static_cast<int>(steps.size());
  const auto newer = [&](int number) {
    return base::fail(errc::unavailable, "the store is at schema version " + std::to_string(number) +
                                             " and this program knows " + std::to_string(known) +
                                             ": start the version that wrote it, or a later one");
  };
  auto number = schema_number();
  if (number.has_error()) return number.error();
  if (*number > known) return newer(*number);
  const patience waits(connection_, migration_patience);
  while (*number < known) {
    auto applied = apply(steps[static_cast<std::size_t>(*number)]);
    if (applied.has_error()) return applied.error();
    // Read again instead of counted: another process may be migrating, and may be newer.
    number = schema_number();
    if (number.has_error()) return number.error();
    if (*number > known) return newer(*number);
  }
  return {};
}

base::result<void> database::apply(const migration& step) {
  const auto failed = [&](std::string_view why) {
    rollback();
    return base::fail(errc::unavailable, "migration " + std::to_string(step.number) + " of the store " +
                                             std::string(why) +
                                             ": its data is unchanged, the log has the reason");
  };
  if (begin().has_error()) return failed("could not begin");
  const auto number = schema_number();
  if (number.has_error()) return failed("could not read the schema version");
  if (*number >= step.number) { // another process was faster
    rollback();
    return {};
  }
  base::log::info("store_migrating", {{"number", step.number}});
  if (execute(step.sql).has_error()) return failed("failed");
  if (!in_transaction()) {
    return base::fail(errc::internal,
                      "migration " + std::to_string(step.number) + " ends the transaction that it runs in");
  }
  auto record = prepare("INSERT INTO schema_version(number, applied_at) VALUES(?1, ?2)");
  if (record.has_error()) return failed("could not be recorded");
  const auto now = base::to_rfc3339(base::wall_now());
  if (record->bind_all(step.number, now).run().has_error()) return failed("could not be recorded");
  if (commit().has_error()) return failed("could not be committed");
  base::log::info("store_migrated", {{"number", step.number}});
  return {};
}

} // namespace troupe::store
