#pragma once

#include <sqlite3.h>

namespace troupe::store {

/// The full-text engine of a connection, to extend it; null: this SQLite was built without it.
/// Source: https://www.sqlite.org/fts5.html section 7.
[[nodiscard]] fts5_api* fts5_of(sqlite3* connection) noexcept;

} // namespace troupe::store
