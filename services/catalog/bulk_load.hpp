#pragma once

#include "services/catalog/product_table.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

namespace troupe::catalog {

/// Writes many products into the store of a data directory, without actors: for `troupe import`. A server
/// that runs on the same directory takes them over within about a second. Blocking. Thread: one at a time.
class bulk_load {
 public:
  struct summary {
    std::uint64_t created = 0;
    std::uint64_t updated = 0;
    std::uint64_t unchanged = 0; ///< were there with the same content; their version and time stay
  };

  /// Opens or creates the store; the directory must exist. Errors: unavailable with what to do.
  [[nodiscard]] static base::result<bulk_load> open(const std::filesystem::path& data_dir,
                                                    std::size_t most = default_most_products);

  /// Creates or replaces one product; version and updated_at are not looked at. Committed after every 1000
  /// products. Errors: invalid_argument as `check_product` (others may follow); unavailable when the
  /// catalogue would hold more than `most` products (those that are there already may follow), and when the
  /// store fails: every call fails then.
  [[nodiscard]] base::result<void> add(const v1::Product& product);

  /// Commits the rest. Without it, what was added since the last commit is lost. Errors: unavailable.
  [[nodiscard]] base::result<summary> finish();

 private:
  bulk_load(product_table table, std::uint64_t count, std::size_t most) noexcept
      : table_(std::move(table)), count_(count), most_(most) {}

  [[nodiscard]] base::result<void> commit();
  [[nodiscard]] base::result<void> failed(const base::error& error);

  product_table table_;
  std::uint64_t count_; // of products in the table
  std::size_t most_;
  std::size_t in_transaction_ = 0;
  summary summary_;
  std::optional<base::error> failure_; // of the store
};

} // namespace troupe::catalog
