#include "services/stats/store.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

namespace troupe::stats {

namespace {

constexpr std::size_t views = static_cast<std::size_t>(metric::views);
constexpr std::size_t purchases = static_cast<std::size_t>(metric::purchases);

// No index on the keys: the shards hold them in memory and insert none twice. Their numbers only grow, so
// that the oldest are a range.
constexpr std::array<store::migration, 1> migrations{{
    {1,
     "CREATE TABLE product_total(product_id TEXT PRIMARY KEY, slot INTEGER NOT NULL, views INTEGER NOT NULL,"
     "                           purchases INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE untracked_total(shard INTEGER PRIMARY KEY, views INTEGER NOT NULL,"
     "                             purchases INTEGER NOT NULL) STRICT;"
     "CREATE TABLE seen_event(number INTEGER PRIMARY KEY, slot INTEGER NOT NULL, key BLOB NOT NULL) STRICT;"},
}};

constexpr auto most_stored = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// Only a damaged file has a negative count.
std::uint64_t count_at(const store::statement& row, int column) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer_at(column), 0));
}

std::int64_t stored(std::uint64_t count) noexcept { return static_cast<std::int64_t>(count); }

} // namespace

base::result<stats_store> stats_store::open(const std::filesystem::path& file, std::size_t most_ids) {
  auto database = store::database::open(file, store::database::access::read_write);
  if (database.has_error()) return database.error();
  if (auto migrated = database->migrate(migrations); migrated.has_error()) return migrated.error();
  stats_store opened(std::move(*database), most_ids);
  if (auto prepared = opened.prepare(); prepared.has_error()) return prepared.error();
  return opened;
}

base::result<void> stats_store::prepare() {
  const std::array<std::pair<store::statement*, std::string_view>, 4> all{{
      {&add_id_, "INSERT INTO seen_event(slot, key) VALUES(?1, ?2)"},
      {&set_total_,
       "INSERT INTO product_total(product_id, slot, views, purchases) VALUES(?1, ?2, ?3, ?4) "
       "ON CONFLICT(product_id) DO UPDATE SET views = excluded.views, purchases = excluded.purchases"},
      {&set_untracked_,
       "INSERT INTO untracked_total(shard, views, purchases) VALUES(?1, ?2, ?3) "
       "ON CONFLICT(shard) DO UPDATE SET views = excluded.views, purchases = excluded.purchases"},
      {&forget_ids_, "DELETE FROM seen_event WHERE number <= (SELECT max(number) FROM seen_event) - ?1"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (prepared.has_error()) return prepared.error();
    *statement = std::move(*prepared);
  }
  return {};
}

base::result<std::vector<snapshot>> stats_store::load_all(std::size_t shards, std::size_t most_keys) {
  if (auto gathered = gather_untracked(); gathered.has_error()) return gathered.error();
  std::vector<snapshot> out(shards);
  if (auto loaded = load(out, std::nullopt, most_keys); loaded.has_error()) return loaded.error();
  return out;
}

base::result<snapshot> stats_store::load_one(std::size_t shard, std::size_t shards, std::size_t most_keys) {
  std::vector<snapshot> out(shards);
  if (auto loaded = load(out, shard, most_keys); loaded.has_error()) return loaded.error();
  return std::move(out[shard]);
}

// There may have been more shards when the rows were written: none of them may be left without an owner.
base::result<void> stats_store::gather_untracked() {
  if (auto begun = database_.begin(); begun.has_error()) return begun.error();
  if (auto gathered = write_gathered(); gathered.has_error()) {
    database_.rollback();
    return gathered.error();
  }
  return database_.commit();
}

base::result<void> stats_store::write_gathered() {
  auto rows = database_.prepare("SELECT views, purchases FROM untracked_total");
  if (rows.has_error()) return rows.error();
  amounts sum{};
  for (;;) {
    const auto row = rows->step();
    if (row.has_error()) return row.error();
    if (!*row) break;
    sum[views] = std::min(sum[views] + count_at(*rows, 0), most_stored);
    sum[purchases] = std::min(sum[purchases] + count_at(*rows, 1), most_stored);
  }
  rows->reset();
  if (auto cleared = database_.execute("DELETE FROM untracked_total"); cleared.has_error()) return cleared;
  return set_untracked_.bind_all(0, stored(sum[views]), stored(sum[purchases])).run();
}

base::result<void> stats_store::load(std::vector<snapshot>& out, std::optional<std::size_t> only,
                                     std::size_t most_keys) {
  const auto shard_of = [&](const store::statement& row) -> snapshot* {
    const auto shard = static_cast<std::size_t>(row.integer_at(0)) % out.size();
    return !only || *only == shard ? &out[shard] : nullptr;
  };
  const auto each = [&](std::string_view sql, auto&& use) -> base::result<void> {
    auto rows = database_.prepare(sql);
    if (rows.has_error()) return rows.error();
    for (;;) {
      const auto row = rows->step();
      if (row.has_error()) return row.error();
      if (!*row) return {};
      if (auto* shard = shard_of(*rows)) {
        if (auto used = use(*shard, *rows); used.has_error()) return used.error();
      }
    }
  };

  auto done = each("SELECT slot, product_id, views, purchases FROM product_total ORDER BY views + purchases "
                   "DESC, product_id",
                   [&](snapshot& shard, const store::statement& row) -> base::result<void> {
                     if (shard.totals.size() == most_keys) return {};
                     product_total total{std::string(row.text_at(1)), {}};
                     total.all[views] = count_at(row, 2);
                     total.all[purchases] = count_at(row, 3);
                     shard.totals.push_back(std::move(total));
                     return {};
                   });
  if (done.has_error()) return done;

  done = each("SELECT shard, views, purchases FROM untracked_total",
              [](snapshot& shard, const store::statement& row) -> base::result<void> {
                shard.untracked[views] = count_at(row, 1);
                shard.untracked[purchases] = count_at(row, 2);
                return {};
              });
  if (done.has_error()) return done;

  return each("SELECT slot, key FROM seen_event ORDER BY number",
              [](snapshot& shard, const store::statement& row) -> base::result<void> {
                event_key key;
                const auto bytes = row.blob_at(1);
                if (bytes.size() != key.bytes.size()) {
                  return base::fail(base::errc::unavailable,
                                    "the store of the statistics is damaged: an event's key has a "
                                    "wrong size; restore the file from a backup");
                }
                std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
                shard.ids.push_back(key);
                return {};
              });
}

base::result<void> stats_store::save(const delta& what) {
  if (auto begun = database_.begin(); begun.has_error()) return begun.error();
  if (auto written = write(what); written.has_error()) {
    database_.rollback();
    return written.error();
  }
  return database_.commit();
}

base::result<void> stats_store::write(const delta& what) {
  for (const auto& id : what.ids) {
    const std::span<const std::byte> key(id.key.bytes);
    if (auto added = add_id_.bind_all(id.slot, key).run(); added.has_error()) return added;
  }
  for (const auto& total : what.totals) {
    auto set = set_total_
                   .bind_all(total.product_id, product_slot(total.product_id), stored(total.all[views]),
                             stored(total.all[purchases]))
                   .run();
    if (set.has_error()) return set;
  }
  auto set = set_untracked_
                 .bind_all(static_cast<std::int64_t>(what.shard), stored(what.untracked[views]),
                           stored(what.untracked[purchases]))
                 .run();
  if (set.has_error()) return set;
  return forget_ids_.bind_all(static_cast<std::int64_t>(most_ids_)).run();
}

} // namespace troupe::stats
