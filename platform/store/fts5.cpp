#include "platform/store/fts5.hpp"

namespace troupe::store {

fts5_api* fts5_of(sqlite3* connection) noexcept {
  fts5_api* found = nullptr;
  sqlite3_stmt* asking = nullptr;
  if (::sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &asking, nullptr) != SQLITE_OK) return nullptr;
  // The statement writes where the pointer points.
  if (::sqlite3_bind_pointer(asking, 1, static_cast<void*>(&found), "fts5_api_ptr", nullptr) == SQLITE_OK)
    ::sqlite3_step(asking);
  ::sqlite3_finalize(asking);
  return found;
}

} // namespace troupe::store
