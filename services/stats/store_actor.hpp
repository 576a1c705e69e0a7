#pragma once

#include "services/stats/messages.hpp"
#include "services/stats/store.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

namespace troupe::stats {

/// The file that a store actor owns, and how to open it.
struct store_options {
  std::filesystem::path file;
  std::size_t most_ids = 2'000'000;
  std::size_t shards = 1;
  std::size_t most_keys = 100'000; ///< of each shard
};

/// The store actor. `opened`: the store, or none: then it opens the file by itself, again with every request
/// until it succeeds.
store_actor::behavior_type storage(store_actor::pointer self, const store_options& options,
                                   std::shared_ptr<std::optional<stats_store>> opened);

} // namespace troupe::stats
