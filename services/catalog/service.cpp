#include "services/catalog/service.hpp"

#include "platform/actor/ask_all.hpp"
#include "services/catalog/catalog.hpp"
#include "services/catalog/routes.hpp"
#include "services/catalog/search.hpp"
#include "services/catalog/store.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace troupe::catalog {

namespace {

// Writes and searches are done by one actor each: what waits longer than its route's time is refused at once
// instead.
constexpr std::int64_t most_writes_in_flight = 2000;
constexpr std::int64_t most_searches_in_flight = 500;
constexpr std::chrono::seconds longest_publication{2}; // of the last views, when the process stops

actor::service<store_actor> start_store(app::tier& tier, const std::shared_ptr<replica_list>& replicas) {
  // The first time the store is opened here, so that the start fails with its reason; after a crash by the
  // actor itself.
  auto opened = product_store::open(tier.data_dir());
  if (opened.has_error()) throw std::runtime_error("catalog: " + opened.error().detail);
  const auto first = std::make_shared<std::optional<product_store>>(std::move(*opened));
  const auto open = [first, data_dir = tier.data_dir()]() -> base::result<product_store> {
    if (auto store = std::exchange(*first, std::nullopt)) return std::move(*store);
    return product_store::open(data_dir);
  };
  return tier.supervise<store_actor>(
      "catalog-store", {.replicas = 1, .most_in_flight = most_writes_in_flight},
      [&tier, open, replicas](std::size_t) {
        return tier.system().spawn<caf::detached>(store, store_metrics(tier.metrics()), open, replicas);
      });
}

} // namespace

void register_types() { caf::init_global_meta_objects<caf::id_block::troupe_catalog>(); }

void start(app::tier& tier) {
  const auto writer = start_store(tier, std::make_shared<replica_list>());
  const auto searcher = tier.supervise<catalog_search_actor>(
      "catalog-search", {.replicas = 1, .most_in_flight = most_searches_in_flight},
      [&tier](std::size_t replica) {
        return tier.system().spawn<caf::detached>(
            search, actor::service_metrics(tier.metrics(), "catalog-search", replica), tier.data_dir());
      });
  // One replica for each connection actor: a request and its answer stay on one worker.
  const auto stats = tier.find<stats::stats_actor>("stats");
  const auto replicas = tier.supervise<replica_actor>(
      "catalog", {.replicas = tier.connection_actors()}, [&tier, writer, stats](std::size_t replica) {
        return tier.system().spawn(catalog, replica_metrics(tier.metrics(), replica), writer, stats);
      });
  add_routes(tier.routes(), {.replicas = actor::service<catalog_actor>(replicas.slot()),
                             .store = actor::service<catalog_store_actor>(writer.slot()),
                             .search = searcher});
  tier.before_stop([&system = tier.system(), replicas] { actor::ask_all(system, replicas, longest_publication, actor::tick{}); });
  tier.offer("catalog", "/v1/products/85123A", "one product, from memory");
  tier.offer("catalog", "/v1/products?q=heart", "full-text search");
  tier.offer("catalog", "/v1/products:export", "all products, streamed");
}

} // namespace troupe::catalog
