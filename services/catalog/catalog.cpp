#include "services/catalog/catalog.hpp"

#include "platform/base/log.hpp"
#include "services/catalog/product_export.hpp"
#include "services/catalog/product_index.hpp"
#include "services/catalog/product_page.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::catalog {

namespace {

// Reading a million products takes the store some seconds.
constexpr std::chrono::seconds attach_timeout{30};
constexpr std::chrono::seconds publish_interval{1};
// What one message to stats may carry, and how many are sent at a time; the rest waits for the next second.
constexpr std::size_t views_a_message = 1000;
constexpr std::size_t messages_a_time = 20;

/// Views are worth having while they are fresh: nobody waits for them, and under load they are dropped.
void publish(const std::vector<product_index::viewed_product>& views, const stats::stats_actor& stats) {
  for (std::size_t begin = 0; begin < views.size(); begin += views_a_message) {
    stats::v1::PublishedCounts counts;
    for (auto i = begin; i < std::min(views.size(), begin + views_a_message); ++i) {
      auto& count = *counts.add_views();
      count.set_product_id(std::string(views[i].id));
      count.set_count(views[i].views);
    }
    actor::envelope envelope;
    envelope.sent = base::clock::now();
    envelope.deadline = envelope.sent + publish_interval;
    envelope.priority = actor::priority::low;
    caf::anon_send(stats, std::move(envelope), std::move(counts));
  }
}

constexpr std::size_t most_exports = 64; // of one replica at once

struct replica_state {
  replica_state(metrics::registry& registry, std::size_t replica) : exports(registry, "catalog", replica, most_exports) {}

  product_index products;
  actor::open_streams exports; // walk over the products
  bool publishes_soon = false;
};

void attach(replica_actor::pointer self, const std::shared_ptr<replica_state>& state,
            const actor::service<store_actor>& store) {
  // With this reason, whatever that of the store was: it makes the supervisor try again.
  const auto give_up = [self] {
    self->quit(actor::to_caf({base::errc::unavailable, "the catalogue's store is down"}));
  };
  const auto stores = store.handles();
  if (stores.empty()) return give_up();
  // Until the answer is here, requests wait in the mailbox.
  self->request(stores.front(), attach_timeout, attach_replica{})
      .await([state](const catalog_snapshot& snapshot) { state->products.load(snapshot); },
             [give_up](const caf::error& error) {
               base::log::warn("catalog_replica_not_attached", {{"reason", actor::from_caf(error).detail}});
               give_up();
             });
}

} // namespace

replica_metrics::replica_metrics(metrics::registry& where, std::size_t number)
    : service(where, "catalog", number),
      reads(&where.counter("troupe_catalog_reads_total", "Products handed out by id, 304 included.", {},
                           number)),
      not_modified(&where.counter("troupe_catalog_not_modified_total",
                                     "Products that the client had already (304).", {}, number)),
      registry(&where), replica(number) {}

replica_actor::behavior_type catalog(replica_actor::pointer self, const replica_metrics& metrics,
                                     const actor::service<store_actor>& store,
                                     const actor::service<stats::stats_actor>& stats) {
  const auto state = std::make_shared<replica_state>(*metrics.registry, metrics.replica);
  attach(self, state, store);
  return actor::serve<replica_actor>(
      self, metrics.service,
      [self, state, metrics](const actor::envelope&, const v1::GetProductRequest& request) {
        auto found = state->products.view(request.id(), request.if_none_match());
        if (found.has_error()) return found;
        metrics.reads->add();
        if (found->not_modified) metrics.not_modified->add();
        if (!state->publishes_soon) {
          state->publishes_soon = true;
          self->delayed_send(self, publish_interval, actor::tick{});
        }
        return found;
      },
      [state](const actor::envelope&, const v1::BatchGetProductsRequest& request) {
        return state->products.find_all(request);
      },
      [state](const actor::envelope&, const v1::SearchProductsRequest& request) -> base::result<product_page> {
        const auto plan = plan_search(request);
        if (plan.has_error()) return plan.error();
        if (!plan->query.empty()) return base::fail(base::errc::invalid_argument, "q: is for the search");
        return product_page{page_of(state->products, *plan)};
      },
      [state](const actor::envelope&, const v1::ExportProductsRequest&) {
        return state->exports.open([walk = product_export(state->products)]() mutable { return walk.next(); });
      },
      [state](const actor::envelope&, const actor::next_chunk& request) { return state->exports.next(request); },
      [state](const actor::cancel_stream& request) { state->exports.cancel(request); },
      [state](const catalog_snapshot& snapshot) { state->products.load(snapshot); },
      [state](const catalog_change& change) { state->products.apply(change); },
      [self, state, stats](actor::tick) {
        // Taken also when nobody wants them: the number of views decides which entries a replica keeps a copy
        // of.
        const auto views = state->products.take_views(views_a_message * messages_a_time);
        if (const auto up = stats.handles(); !up.empty()) publish(views, up.front());
        state->publishes_soon = state->products.has_views();
        if (state->publishes_soon) self->delayed_send(self, publish_interval, actor::tick{});
      });
}

} // namespace troupe::catalog
