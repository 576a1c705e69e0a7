#include "services/stats/store_actor.hpp"

#include "platform/actor/error_bridge.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <utility>

namespace troupe::stats {

namespace {

base::result<stats_store*> ensure_open(std::optional<stats_store>& store, const store_options& options) {
  if (!store) {
    auto opened = stats_store::open(options.file, options.most_ids);
    if (opened.has_error()) return opened.error();
    store.emplace(std::move(*opened));
  }
  return &*store;
}

} // namespace

store_actor::behavior_type storage(store_actor::pointer, const store_options& options,
                                   std::shared_ptr<std::optional<stats_store>> opened) {
  return {
      [options, opened](const save_query& query) -> caf::result<void> {
        const auto store = ensure_open(*opened, options);
        if (store.has_error()) return actor::to_caf(store.error());
        const auto done = (*store)->save(*query.what);
        if (done.has_error()) return actor::to_caf(done.error());
        return caf::unit;
      },
      [options, opened](const load_query& query) -> caf::result<loaded> {
        const auto store = ensure_open(*opened, options);
        if (store.has_error()) return actor::to_caf(store.error());
        auto from = (*store)->load_one(query.shard, options.shards, options.most_keys);
        if (from.has_error()) return actor::to_caf(from.error());
        return loaded{std::make_shared<const snapshot>(std::move(*from))};
      },
  };
}

} // namespace troupe::stats
