#pragma once

#include "platform/base/result.hpp"
#include "platform/store/sqlite.hpp"
#include "services/stats/model.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

namespace troupe::stats {

/// What statistics survive a restart: the totals by product, and the keys of the newest events that they
/// contain. Both are written in one transaction, so the file never holds one without the other. The
/// one-minute and one-hour windows are not stored. Blocking. Thread: one at a time.
class stats_store {
 public:
  /// `most_ids`: how many event keys are kept; the oldest are forgotten first, in the order in which they
  /// were saved.
  /// Errors: as `store::database::open` and `migrate`.
  [[nodiscard]] static base::result<stats_store> open(const std::filesystem::path& file,
                                                      std::size_t most_ids);

  /// What each shard starts from, by shard; before any shard of this process runs, because it gives what is
  /// untracked to shard 0. A shard gets its `most_keys` products with the largest totals; the others stay in
  /// the file as they are.
  /// Errors: as `store::database::translate`; unavailable when a row is damaged.
  [[nodiscard]] base::result<std::vector<snapshot>> load_all(std::size_t shards, std::size_t most_keys);

  /// The same for one shard that starts again while the others run. Cost: as `load_all`.
  [[nodiscard]] base::result<snapshot> load_one(std::size_t shard, std::size_t shards, std::size_t most_keys);

  /// Saves a shard's delta, or nothing. Errors: as `store::database::translate`.
  /// Cost: one transaction, one fsync; about 2 us an id and 5 us a total.
  [[nodiscard]] base::result<void> save(const delta& what);

 private:
  stats_store(store::database database, std::size_t most_ids) noexcept
      : database_(std::move(database)), most_ids_(most_ids) {}

  [[nodiscard]] base::result<void> prepare();
  [[nodiscard]] base::result<void> gather_untracked();
  [[nodiscard]] base::result<void> write_gathered();
  /// Fills `out`, one element a shard, or only that of shard `only`.
  [[nodiscard]] base::result<void> load(std::vector<snapshot>& out, std::optional<std::size_t> only,
                                        std::size_t most_keys);
  [[nodiscard]] base::result<void> write(const delta& what);

  store::database database_;
  std::size_t most_ids_;
  store::statement add_id_;
  store::statement set_total_;
  store::statement set_untracked_;
  store::statement forget_ids_;
};

} // namespace troupe::stats
