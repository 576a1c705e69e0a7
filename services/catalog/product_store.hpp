#pragma once

#include "platform/base/clock.hpp"
#include "platform/base/map_by_text.hpp"
#include "services/catalog/messages.hpp"
#include "services/catalog/product_table.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace troupe::catalog {

/// The table together with all its entries in memory: the authority on what the catalogue holds. Writes are
/// staged in an open transaction and become the catalogue's state when it is committed. Blocking. Thread: one
/// at a time.
class product_store {
 public:
  /// Opens the store and loads all products. `most`: of products.
  /// Errors: unavailable with what to do.
  [[nodiscard]] static base::result<product_store> open(const std::filesystem::path& data_dir,
                                                        std::size_t most = default_most_products);

  /// All products as committed, by id. Cost: O(n log n) of n products after a commit, else none.
  [[nodiscard]] entry_list all();
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// How many products a look-up compares at most, among the committed and among the staged. Cost: O(products).
  [[nodiscard]] std::size_t longest_look_up() const;

  /// Reads all products again if another process has committed to the file (`troupe import` does); true if
  /// so: then `all` has to go to everybody who has an older one. Not in a transaction. On an error everything
  /// is as it was.
  [[nodiscard]] base::result<bool> refresh();

  /// Opens a transaction, after which nobody else can write. True as for `refresh`. Errors: unavailable.
  [[nodiscard]] base::result<bool> begin();

  /// Stages a write: version 1, or one more than the product has; the product must have passed
  /// `check_product`. Errors: precondition_failed when If-Match does not name the product's tag, or
  /// If-None-Match does; unavailable when the catalogue is full, and when the store fails: then so does the
  /// commit.
  [[nodiscard]] base::result<stored_product> put(const v1::PutProductRequest& request, base::unix_micros now);

  /// Stages a checked batch, or nothing of it. Errors: as `put`.
  [[nodiscard]] base::result<v1::BatchPutProductsReply> put_all(const v1::BatchPutProductsRequest& batch,
                                                                base::unix_micros now);

  /// Ends the transaction; what was staged now counts, and is returned: each product once, in its last
  /// version. Errors: unavailable, also when a statement has failed since `begin`: then nothing of the
  /// transaction counts.
  [[nodiscard]] base::result<entry_list> commit();

 private:
  product_store(product_table table, std::size_t most) noexcept : table_(std::move(table)), most_(most) {}

  [[nodiscard]] base::result<void> load(std::int64_t commits);
  [[nodiscard]] entry_ptr current(const std::string& id) const;
  [[nodiscard]] base::result<void> check_room(std::size_t more) const;
  [[nodiscard]] base::result<stored_product> stage(v1::Product product, const entry_ptr& before,
                                                   base::unix_micros now);

  product_table table_;
  std::size_t most_;
  base::map_by_text<entry_ptr> entries_;
  base::map_by_text<entry_ptr> staged_;
  std::size_t staged_new_ = 0;
  std::optional<base::error> failure_; // of a statement in the open transaction
  std::int64_t seen_commits_ = -1;     // none is negative: the first refresh loads
  entry_list all_;
};

} // namespace troupe::catalog
