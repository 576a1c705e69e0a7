#pragma once

#include "platform/store/sqlite.hpp"
#include "services/catalog/search_plan.hpp"

#include <filesystem>

namespace troupe::catalog {

/// Searches the store on a connection of its own that only reads. Blocking. Thread: one at a time.
class product_search {
 public:
  /// Errors: unavailable with what to do; the store must have been made by its writer.
  [[nodiscard]] static base::result<product_search> open(const std::filesystem::path& data_dir);

  /// One page of what has been committed. Cost: with a query proportional to the matches, because the best
  /// are found by ranking them all; without one to the page.
  [[nodiscard]] base::result<v1::SearchProductsReply> run(const search_plan& plan);

 private:
  explicit product_search(store::database opened) noexcept : database_(std::move(opened)) {}

  store::database database_;
  store::statement listing_;
  store::statement matching_;
};

} // namespace troupe::catalog
