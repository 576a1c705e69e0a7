#include "services/catalog/store.hpp"

#include "platform/base/log.hpp"
#include "services/catalog/model.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace troupe::catalog {

namespace {

using base::errc;

// Writes that are committed together at most: it bounds the time a commit takes, and what is lost if it
// fails.
constexpr std::size_t most_in_group = 512;
constexpr std::chrono::seconds refresh_interval{1};

/// A write that is staged and not yet committed: what its caller will be told, given how the commit went.
using waiting_write = std::function<void(const base::error* failure)>;

/// The state of the store actor, and what it does with it. Writes are staged as they come; the commit is a
/// message behind those that wait in the mailbox already, so that they share one transaction and one fsync.
class writer {
 public:
  writer(store_actor::pointer self, const store_metrics& metrics, product_store products,
         std::shared_ptr<replica_list> replicas)
      : self_(self), metrics_(metrics), products_(std::move(products)), replicas_(std::move(replicas)) {}

  void start() {
    self_->set_down_handler([list = replicas_](const caf::down_msg& down) {
      std::erase_if(*list, [&](const replica_actor& replica) { return replica.address() == down.source; });
    });
    for (const auto& replica : *replicas_) self_->monitor(replica);
    // Those are left from a store actor before this one, and may have missed its last commit.
    if (!replicas_->empty()) publish_all();
    metrics_.products->set(static_cast<std::int64_t>(products_.size()));
    look_again();
  }

  catalog_snapshot attach(const caf::strong_actor_ptr& sender) {
    auto replica = caf::actor_cast<replica_actor>(sender);
    if (replica && std::find(replicas_->begin(), replicas_->end(), replica) == replicas_->end()) {
      self_->monitor(replica);
      replicas_->push_back(std::move(replica));
    }
    return {products_.all()};
  }

  /// Stages one request: `stage` returns its `base::result<Reply>`, which the caller gets when it is
  /// committed.
  template <class Reply, class Stage>
  caf::result<Reply> write(Stage stage) {
    if (auto ready = ensure_transaction(); ready.has_error()) return actor::to_caf(std::move(ready).error());
    auto promise = self_->template make_response_promise<Reply>();
    waiting_.push_back([this, promise, reply = stage(products_)](const base::error* failure) mutable {
      if (failure) {
        promise.deliver(actor::to_caf(*failure));
      } else if (reply.has_error()) {
        promise.deliver(actor::to_caf(reply.error()));
      } else {
        count(*reply);
        promise.deliver(std::move(*reply));
      }
    });
    if (waiting_.size() == most_in_group) commit();
    return promise;
  }

  void commit() {
    if (waiting_.empty()) return; // the group was full and has been committed before this message came
    const auto changed = products_.commit();
    const auto answered = std::exchange(waiting_, {});
    if (changed.has_value() && !(*changed)->empty()) {
      // Before the answers: whoever has been answered reads what was written, because mailboxes keep their
      // order.
      for (const auto& replica : *replicas_) self_->send(replica, catalog_change{*changed});
      metrics_.products->set(static_cast<std::int64_t>(products_.size()));
      metrics_.commits->add();
    }
    const auto failure = changed.has_error() ? std::optional(changed.error()) : std::nullopt;
    for (const auto& tell : answered) tell(failure ? &*failure : nullptr);
  }

  void refresh() {
    look_again();
    if (!waiting_.empty()) return; // the transaction has looked
    const auto refreshed = products_.refresh();
    if (refreshed.has_error()) {
      base::log::error("catalog_not_refreshed", {{"reason", refreshed.error().detail}});
    } else if (*refreshed) {
      publish_all();
    }
  }

 private:
  base::result<void> ensure_transaction() {
    if (!waiting_.empty()) return {};
    const auto refreshed = products_.begin();
    if (refreshed.has_error()) return refreshed.error();
    if (*refreshed) publish_all();
    self_->send(self_, commit_writes{});
    return {};
  }

  void publish_all() {
    for (const auto& replica : *replicas_) self_->send(replica, catalog_snapshot{products_.all()});
    metrics_.products->set(static_cast<std::int64_t>(products_.size()));
  }

  void count(const stored_product& written) {
    (written.created ? metrics_.created : metrics_.updated)->add();
  }
  void count(const v1::BatchPutProductsReply& written) {
    metrics_.created->add(static_cast<std::uint64_t>(written.created()));
    metrics_.updated->add(static_cast<std::uint64_t>(written.updated()));
  }

  void look_again() { self_->delayed_send(self_, refresh_interval, actor::tick{}); }

  store_actor::pointer self_;
  store_metrics metrics_;
  product_store products_;
  std::shared_ptr<replica_list> replicas_;
  std::vector<waiting_write> waiting_; // a transaction is open while there are some
};

} // namespace

store_metrics::store_metrics(metrics::registry& registry)
    : service(registry, "catalog-store", 0),
      products(&registry.gauge("troupe_catalog_products", "Products that the catalogue holds.")),
      created(
          &registry.counter("troupe_catalog_writes_total", "Products written.", {{"outcome", "created"}})),
      updated(
          &registry.counter("troupe_catalog_writes_total", "Products written.", {{"outcome", "updated"}})),
      commits(&registry.counter("troupe_catalog_commits_total", "Transactions that have written products.")) {
}

store_actor::behavior_type store(store_actor::pointer self, const store_metrics& metrics,
                                 const std::function<base::result<product_store>()>& open,
                                 const std::shared_ptr<replica_list>& replicas) {
  auto opened = open();
  if (opened.has_error()) {
    base::log::error("catalog_store_not_opened", {{"reason", opened.error().detail}});
    self->quit(actor::to_caf(opened.error()));
    return store_actor::behavior_type::make_empty_behavior();
  }
  const auto state = std::make_shared<writer>(self, metrics, std::move(*opened), replicas);
  state->start();
  return actor::serve<store_actor>(
      self, metrics.service,
      [state](const actor::envelope&, const v1::PutProductRequest& request) -> caf::result<stored_product> {
        if (auto checked = check_product(request.product()); checked.has_error())
          return actor::to_caf(checked.error());
        return state->write<stored_product>(
            [&](product_store& products) { return products.put(request, base::wall_now()); });
      },
      [state](const actor::envelope&,
              const v1::BatchPutProductsRequest& batch) -> caf::result<v1::BatchPutProductsReply> {
        if (auto checked = check_batch(batch); checked.has_error()) return actor::to_caf(checked.error());
        return state->write<v1::BatchPutProductsReply>(
            [&](product_store& products) { return products.put_all(batch, base::wall_now()); });
      },
      [self, state](attach_replica) { return state->attach(self->current_sender()); },
      [state](commit_writes) { state->commit(); }, [state](actor::tick) { state->refresh(); });
}

} // namespace troupe::catalog
