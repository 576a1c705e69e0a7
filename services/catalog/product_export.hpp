#pragma once

#include "platform/actor/type_ids.hpp"
#include "services/catalog/product_index.hpp"

#include <string>

namespace troupe::catalog {

/// One walk over a replica's products in the order of their ids, a line of JSON each. No snapshot: each product is what it is when its line
/// is made. A product that is there from the first to the last chunk has exactly one line; one that is written meanwhile has one if its id
/// is still ahead. Keeps nothing but the last id, so a slow reader holds no product. Thread: the replica's.
class product_export {
 public:
  static constexpr std::size_t chunk_bytes = 32 * 1024;

  /// The index must outlive the walk.
  explicit product_export(const product_index& products) noexcept : products_(&products) {}

  /// The lines that follow, about `chunk_bytes` of them. Cost: about 30 us.
  [[nodiscard]] actor::stream_chunk next();

 private:
  const product_index* products_;
  std::string last_id_;
};

} // namespace troupe::catalog
