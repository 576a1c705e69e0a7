#include "platform/store/sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace troupe::store {

statement::statement(statement&& other) noexcept
    : prepared_(std::exchange(other.prepared_, nullptr)), bound_(std::exchange(other.bound_, 0)),
      refused_(std::exchange(other.refused_, SQLITE_OK)) {}

statement& statement::operator=(statement&& other) noexcept {
  std::swap(prepared_, other.prepared_);
  std::swap(bound_, other.bound_);
  std::swap(refused_, other.refused_);
  return *this;
}

statement::~statement() { ::sqlite3_finalize(prepared_); }

base::result<bool> statement::step() {
  if (!prepared_) return base::fail(base::errc::internal, "a statement was used before it was prepared");
  // A forgotten parameter would otherwise be NULL, or point at text of an earlier use that is gone.
  if (refused_ != SQLITE_OK || bound_ != ::sqlite3_bind_parameter_count(prepared_)) {
    return base::fail(base::errc::internal, "a statement was run without all of its parameters");
  }
  const int code = ::sqlite3_step(prepared_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto e = database::translate(::sqlite3_db_handle(prepared_), code);
  ::sqlite3_reset(prepared_);
  return e;
}

base::result<void> statement::run() {
  for (;;) {
    const auto row = step();
    if (row.has_error()) return row.error();
    if (!*row) break;
  }
  reset();
  return {};
}

void statement::reset() noexcept {
  if (!prepared_) return;
  // The result repeats the error of the step before, which has been reported.
  ::sqlite3_reset(prepared_);
  ::sqlite3_clear_bindings(prepared_);
  bound_ = 0;
  refused_ = SQLITE_OK;
}

std::int64_t statement::integer_at(int column) const noexcept {
  return ::sqlite3_column_int64(prepared_, column);
}

std::string_view statement::text_at(int column) const noexcept {
  // The text first: asking for the size before could convert it.
  const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(prepared_, column));
  if (!text) return {};
  return {text, static_cast<std::size_t>(::sqlite3_column_bytes(prepared_, column))};
}

std::span<const std::byte> statement::blob_at(int column) const noexcept {
  const auto* bytes = static_cast<const std::byte*>(::sqlite3_column_blob(prepared_, column));
  if (!bytes) return {};
  return {bytes, static_cast<std::size_t>(::sqlite3_column_bytes(prepared_, column))};
}

bool statement::null_at(int column) const noexcept {
  return ::sqlite3_column_type(prepared_, column) == SQLITE_NULL;
}

void statement::note(int index, int code) noexcept {
  bound_ = std::max(bound_, index);
  if (refused_ == SQLITE_OK) refused_ = code;
}

void statement::bind(int index, std::int64_t value) noexcept {
  note(index, ::sqlite3_bind_int64(prepared_, index, value));
}

void statement::bind(int index, std::string_view text) noexcept {
  // A null pointer would be NULL instead of the empty text.
  const char* data = text.data() ? text.data() : "";
  note(index, ::sqlite3_bind_text64(prepared_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void statement::bind(int index, std::span<const std::byte> blob) noexcept {
  const void* data = blob.data() ? static_cast<const void*>(blob.data()) : "";
  note(index, ::sqlite3_bind_blob64(prepared_, index, data, blob.size(), SQLITE_STATIC));
}

void statement::bind(int index, std::nullptr_t) noexcept {
  note(index, ::sqlite3_bind_null(prepared_, index));
}

} // namespace troupe::store
