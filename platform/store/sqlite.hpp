#pragma once

#include "platform/base/result.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe::store {

class row_buffer;
class tokenizer;

/// Integers of which every value fits into a column: all but the unsigned ones of 64 bits.
template <class Integer>
concept column_integer = std::signed_integral<Integer> ||
    (std::integral<Integer> && sizeof(Integer) < sizeof(std::int64_t));

/// A prepared statement. Give all parameters with `bind_all`, then `step` until it yields no row.
/// A statement that is left before its last row pins its snapshot (the write-ahead log then grows): call
/// `reset`.
/// Thread: the one that uses its database. It may outlive its `database`, and then keeps the file open.
/// Lifetime: views from the `*_at` functions live until the next step, reset or bind_all.
class statement {
 public:
  statement() = default;
  /// Takes ownership.
  explicit statement(sqlite3_stmt* prepared) noexcept : prepared_(prepared) {}
  statement(statement&& other) noexcept;
  statement& operator=(statement&& other) noexcept;
  ~statement();

  /// Resets, then binds the values to ?1, ?2, ...: integers, text, blobs (a span of bytes) and nullptr.
  /// Text and blobs are NOT copied: they must live until the next reset or bind_all.
  template <class... Values>
  statement& bind_all(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }

  /// True: a row is there; false: there is no further row.
  /// Errors: as `database::translate`; internal when not every parameter has been bound since the last reset.
  [[nodiscard]] base::result<bool> step();

  /// Steps to the end, forgets the rows, and resets. Errors: as `step`.
  [[nodiscard]] base::result<void> run();

  /// Ends the execution and forgets the bound values, so that their memory may go.
  void reset() noexcept;

  /// Columns count from 0, in the order of the SELECT. Only valid after `step` was true. NULL reads as 0 or
  /// as empty.
  [[nodiscard]] std::int64_t integer_at(int column) const noexcept;
  [[nodiscard]] std::string_view text_at(int column) const noexcept;
  [[nodiscard]] std::span<const std::byte> blob_at(int column) const noexcept;
  [[nodiscard]] bool null_at(int column) const noexcept;

  /// Binds one parameter, counted from 1; text and blobs as in `bind_all`. A parameter that the statement
  /// does not have, or a bind while rows are being read, is reported by the next `step`.
  void bind(int index, std::int64_t value) noexcept;
  template <column_integer Integer>
  void bind(int index, Integer value) noexcept {
    bind(index, static_cast<std::int64_t>(value));
  }
  void bind(int index, std::string_view text) noexcept;
  void bind(int index, const std::string& text) noexcept { bind(index, std::string_view(text)); }
  void bind(int index, const char* text) noexcept { bind(index, std::string_view(text)); }
  void bind(int index, std::span<const std::byte> blob) noexcept;
  void bind(int index, std::nullptr_t) noexcept;

 private:
  void note(int index, int code) noexcept;

  sqlite3_stmt* prepared_ = nullptr;
  int bound_ = 0;   // parameters bound since the last reset
  int refused_ = 0; // the first error of a bind since the last reset; 0: none
};

/// One numbered step of a schema: `number` counts from 1 without gaps, `sql` may hold several statements but
/// no BEGIN, COMMIT or ROLLBACK. A step that has been released never changes.
struct migration {
  int number = 0;
  std::string_view sql;
};

/// A connection to an embedded SQLite database in WAL mode. Blocking: used by detached store actors only.
/// Thread: one at a time. One connection writes, any number read beside it, each seeing a snapshot.
class database {
 public:
  enum class access { read_write, read_only };

  /// How long a statement waits for another writer, before it is `unavailable`.
  static constexpr std::chrono::milliseconds busy_timeout{5000};

  /// Opens (and with read_write creates, mode 0600) the file; sets WAL, synchronous=FULL, foreign_keys=ON,
  /// busy_timeout 5 s, a page cache of 16 MB, no memory mapping. Reads the header and the schema; other pages
  /// are checked when they are read.
  /// Errors: unavailable with what to do: directory missing or not writable, file damaged, not a database.
  /// They name the file without its directory; the log has the full path.
  [[nodiscard]] static base::result<database> open(const std::filesystem::path& file, access mode);

  database(database&& other) noexcept;
  database& operator=(database&& other) noexcept;
  ~database();

  /// Applies the migrations that the file has not seen, each in a transaction with its number (table
  /// `schema_version`). Two processes may do it at once: one applies, the other waits, up to ten minutes, and finds it done. A step may take as
  /// long as reading all that there is; the log says when one begins.
  /// Errors: unavailable when the file was written by a newer version (it has a number that is not in the
  /// list), or a step fails (its transaction is rolled back, the steps before it stay); internal when the
  /// numbers are not 1, 2, 3, ...
  [[nodiscard]] base::result<void> migrate(std::span<const migration> steps);

  /// Compiles one statement, to be kept and used many times. Errors: internal for SQL that is wrong; else as
  /// `translate`.
  [[nodiscard]] base::result<statement> prepare(std::string_view sql);

  /// Makes statements of this connection see the rows as a table of this name, with columns c0, c1, ...; it can
  /// be read only, is in no file, and is lent as long as the connection lives.
  /// Errors: internal for rows without a column; as `translate`.
  [[nodiscard]] base::result<void> lend(std::string_view name, std::shared_ptr<const row_buffer> rows);

  /// Makes statements of this connection know relevance(table, weight, ...), for ORDER BY in a query of an FTS5
  /// table: the smaller, the better a row matches. A weight is that of a column, in their order; one that is
  /// left out is 1. It is FTS5's bm25 with every phrase counted alike however rare it is, and therefore costs
  /// what its row holds, where bm25 reads the list of all rows of each phrase of the query.
  /// Errors: internal when SQLite was built without FTS5; as `translate`.
  [[nodiscard]] base::result<void> add_relevance();

  /// Makes statements of this connection know word_beginnings(text, characters, most, mark): what the text's words begin
  /// with, as `tokenizer` cuts and folds them, of one character up to so many, in the order of the words and of
  /// their length, each once, at most so many of them, each with `mark` before it, parted by blanks. A full-text index of that
  /// finds what a word begins with for the price of a word. NULL reads as empty and as 0.
  /// Errors: as `tokenizer::open`; as `translate`.
  [[nodiscard]] base::result<void> add_word_beginnings();

  /// Runs statements that yield no rows, or whose rows nobody wants. They are compiled each time: for set-up,
  /// not for requests.
  [[nodiscard]] base::result<void> execute(std::string_view sql);

  /// BEGIN IMMEDIATE; COMMIT; ROLLBACK. A failed commit is rolled back, so that the transaction is over
  /// either way.
  [[nodiscard]] base::result<void> begin();
  [[nodiscard]] base::result<void> commit();
  void rollback() noexcept;

  /// Whether a transaction is open: false after SQLite has rolled back by itself (disk full, input/output
  /// error).
  [[nodiscard]] bool in_transaction() const noexcept;

  /// Rows that the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] std::int64_t last_insert_rowid() const noexcept;

  /// Maps a SQLite result code: FULL, IOERR, BUSY, LOCKED, READONLY, CORRUPT, NOTADB, CANTOPEN are
  /// `unavailable`; anything else is `internal`. The SQLite text goes to the log, never into the detail.
  [[nodiscard]] static base::error translate(sqlite3* connection, int code);

 private:
  friend class tokenizer;
  explicit database(sqlite3* connection) noexcept : connection_(connection) {}
  /// Settings of the connection; a SQLite result code.
  [[nodiscard]] int configure(access mode);
  [[nodiscard]] base::result<void> apply(const migration& step);
  [[nodiscard]] base::result<int> schema_number();

  sqlite3* connection_ = nullptr;
  // Prepared once: they run with every group of writes.
  statement begin_;
  statement commit_;
};

} // namespace troupe::store
