#pragma once

#include "platform/base/result.hpp"
#include "platform/store/sqlite.hpp"

#include "catalog/v1/catalog.pb.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace troupe::catalog {

/// Products that a catalogue holds at most, unless it is told otherwise.
inline constexpr std::size_t default_most_products = 1'000'000;

/// The store's file in a data directory.
[[nodiscard]] std::filesystem::path store_file(const std::filesystem::path& data_dir);

/// The columns that `product_at` reads, of a table or alias named p.
inline constexpr std::string_view product_columns =
    "p.id, p.name, p.description, p.amount_minor, p.currency, p.stock, p.version, p.updated_at";

/// Stands before what a word begins with in the index, so that it is no word itself: U+10FFFD, of private
/// use and the last there is, which the index takes for a letter.
inline constexpr std::string_view beginning_mark = "\xF4\x8F\xBF\xBD";

/// The product of the row on which a statement stands, selected with `product_columns` alone.
[[nodiscard]] v1::Product product_at(const store::statement& row);

/// The rows of all products, with a full-text index that triggers keep in step within each transaction.
/// One connection that writes. Blocking. Thread: one at a time.
class product_table {
 public:
  /// Opens or creates the store in a directory, and brings its schema up to date; a program of an earlier version that
  /// has it open must be stopped before, or it writes products whose beginnings are not found. Errors: unavailable
  /// with what to do.
  [[nodiscard]] static base::result<product_table> open(const std::filesystem::path& data_dir);

  /// Hands every product to `take`, in no order.
  [[nodiscard]] base::result<void> read_all(const std::function<void(v1::Product&&)>& take);
  [[nodiscard]] base::result<std::optional<v1::Product>> find(std::string_view id);
  [[nodiscard]] base::result<std::int64_t> count();

  /// Inserts the product, or replaces the one with its id; version and updated_at are stored as they are.
  [[nodiscard]] base::result<void> write(const v1::Product& product);

  /// A number that changes when another connection has committed, and not by this one's commits.
  /// Source: https://www.sqlite.org/pragma.html#pragma_data_version.
  [[nodiscard]] base::result<std::int64_t> others_commits();

  [[nodiscard]] base::result<void> begin() { return database_.begin(); }
  [[nodiscard]] base::result<void> commit() { return database_.commit(); }
  void rollback() noexcept { database_.rollback(); }

 private:
  explicit product_table(store::database opened) noexcept : database_(std::move(opened)) {}

  store::database database_;
  store::statement all_;
  store::statement one_;
  store::statement count_;
  store::statement write_;
  store::statement data_version_;
};

} // namespace troupe::catalog
