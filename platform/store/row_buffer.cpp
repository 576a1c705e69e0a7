// The virtual table by which SQLite reads a row_buffer. Source: SQLite's documentation, "The Virtual
// Table Mechanism of SQLite".

#include "platform/store/row_buffer.hpp"
#include "platform/store/sqlite.hpp"

#include <sqlite3.h>

#include <memory>
#include <new>
#include <string>
#include <utility>

namespace troupe::store {

namespace {

using shared_rows = std::shared_ptr<const row_buffer>;

struct lent_table : sqlite3_vtab {
  const row_buffer* rows = nullptr;
};

struct lent_cursor : sqlite3_vtab_cursor {
  const row_buffer* rows = nullptr;
  std::size_t row = 0;
};

lent_cursor& of(sqlite3_vtab_cursor* cursor) noexcept { return *static_cast<lent_cursor*>(cursor); }

int connect(sqlite3* connection, void* lent, int, const char* const*, sqlite3_vtab** table, char**) {
  const auto& rows = *static_cast<const shared_rows*>(lent);
  std::string declaration = "CREATE TABLE x(c0";
  for (std::size_t i = 1; i < rows->columns(); ++i) declaration += ",c" + std::to_string(i);
  if (const int code = ::sqlite3_declare_vtab(connection, (declaration + ")").c_str()); code != SQLITE_OK)
    return code;
  auto* made = new (std::nothrow) lent_table{};
  if (!made) return SQLITE_NOMEM;
  made->rows = rows.get();
  *table = made;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<lent_table*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* plan) {
  plan->estimatedRows = 100; // always all rows, in their order
  plan->estimatedCost = 100;
  return SQLITE_OK;
}

int open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  auto* made = new (std::nothrow) lent_cursor{};
  if (!made) return SQLITE_NOMEM;
  made->rows = static_cast<lent_table*>(table)->rows;
  *cursor = made;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<lent_cursor*>(cursor);
  return SQLITE_OK;
}

int rewind(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  of(cursor).row = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++of(cursor).row;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) { return of(cursor).row >= of(cursor).rows->rows(); }

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* out, int number) {
  const auto value = of(cursor).rows->at(of(cursor).row, static_cast<std::size_t>(number));
  if (value.is_text) {
    ::sqlite3_result_text64(out, value.text.data(), value.text.size(), SQLITE_STATIC, SQLITE_UTF8);
  } else {
    ::sqlite3_result_int64(out, value.number);
  }
  return SQLITE_OK;
}

int row_number(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(of(cursor).row);
  return SQLITE_OK;
}

// Without xCreate the table exists by itself, under the module's name, and nowhere in the file.
constexpr sqlite3_module make_module() {
  sqlite3_module m{};
  m.xConnect = &connect;
  m.xDisconnect = &disconnect;
  m.xBestIndex = &best_index;
  m.xOpen = &open;
  m.xClose = &close;
  m.xFilter = &rewind;
  m.xNext = &next;
  m.xEof = &is_at_end;
  m.xColumn = &column;
  m.xRowid = &row_number;
  return m;
}
constexpr sqlite3_module module = make_module();

void give_back(void* lent) { delete static_cast<shared_rows*>(lent); }

} // namespace

base::result<void> database::lend(std::string_view name, shared_rows rows) {
  if (!connection_) return base::fail(base::errc::internal, "a database was used after it was moved from");
  if (!rows || rows->columns() == 0)
    return base::fail(base::errc::internal, "a table that is lent must have a column");
  auto lent = std::make_unique<shared_rows>(std::move(rows));
  // SQLite gives it back, also when it fails.
  const int code = ::sqlite3_create_module_v2(connection_, std::string(name).c_str(), &module,
                                              lent.release(), &give_back);
  if (code != SQLITE_OK) return translate(connection_, code);
  return {};
}

} // namespace troupe::store
