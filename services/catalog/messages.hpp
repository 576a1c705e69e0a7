#pragma once

#include "services/catalog/product_entry.hpp"

#include <memory>
#include <string>
#include <vector>

// Messages that stay in one process: they share entries instead of copying products.
namespace troupe::catalog {

/// A product that was asked for.
struct product_view {
  entry_ptr entry;           ///< never null in a reply
  bool not_modified = false; ///< the caller has this version already
};

/// The products of a batch of ids.
struct product_set {
  std::vector<entry_ptr> found;     ///< in the order of the ids
  std::vector<std::string> missing; ///< the others, in the order of the ids
};

/// A page of all products by id.
struct product_page {
  base::shared_bytes body; ///< as it is answered, see `page_of`
};

/// What a write has made.
struct stored_product {
  entry_ptr entry; ///< never null in a reply
  bool created = false;
};

/// Shared by all who get it.
using entry_list = std::shared_ptr<const std::vector<entry_ptr>>;

/// All products by id, from the store to a replica: they take the place of those it has.
struct catalog_snapshot {
  entry_list products;
};

/// Products that a commit has made or replaced, from the store to all replicas.
struct catalog_change {
  entry_list products;
};

/// A replica asks the store for a snapshot, and for every change after it.
struct attach_replica {};

/// The store to itself: what has been written since the last commit is to be committed.
struct commit_writes {};

} // namespace troupe::catalog
