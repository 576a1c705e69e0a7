#include "services/stats/shard.hpp"

#include "platform/base/log.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace troupe::stats {

namespace {

constexpr std::chrono::seconds longest_save{30};
constexpr std::chrono::seconds longest_load{120};

base::error not_loaded() {
  return base::fail(base::errc::unavailable,
                    "a part of the statistics is being loaded: try again in a moment");
}

/// A shard's state with its saving and loading. Everything runs in the shard actor, which owns it.
class keeper {
 public:
  keeper(shard_actor::pointer self, const shard_options& options, const shard_metrics& metrics,
         const actor::service<store_actor>& store, const std::shared_ptr<const snapshot>& from)
      : self_(self), options_(options), metrics_(metrics), store_(store) {
    if (from) {
      start_with(*from);
    } else {
      load();
    }
    self_->delayed_send(self_, options_.save_every, actor::tick{});
  }

  [[nodiscard]] base::result<outcome> count(const shard_events& batch) {
    if (!state_) return not_loaded();
    auto done = state_->count(batch.events, options_.now());
    if (done.has_error()) {
      for (const auto& e : batch.events) metrics_.refused[static_cast<std::size_t>(e.what)]->add();
      return done;
    }
    for (std::size_t i = 0; i < metric_count; ++i) {
      metrics_.counted[i]->add(done->accepted[i]);
      metrics_.duplicate[i]->add(done->duplicates[i]);
    }
    metrics_.untracked->add(done->untracked);
    return done;
  }

  void count_published(const shard_counts& counts) {
    if (!state_) return;
    state_->count_published(counts.views, counts.payments, options_.now());
    for (const auto& v : counts.views) metrics_.published_views->add(v.count);
    metrics_.published_payments->add(counts.payments);
  }

  [[nodiscard]] base::result<top_part> top(const top_query& query) {
    if (!state_) return not_loaded();
    const auto now = options_.now();
    auto& counters = state_->counters();
    return top_part{options_.shard, counters.top(query.what, query.over, now),
                    counters.untracked(query.what, query.over, now)};
  }

  [[nodiscard]] base::result<rate_sums> rates() {
    if (!state_) return not_loaded();
    return state_->last_minute(options_.now());
  }

  [[nodiscard]] caf::result<void> flush_all() {
    if (!state_) return caf::unit;
    auto promise = self_->make_response_promise<void>();
    flushes_.push_back(promise);
    save();
    return promise;
  }

  void tick() {
    self_->delayed_send(self_, options_.save_every, actor::tick{});
    if (state_) {
      save();
    } else {
      load();
    }
  }

 private:
  void start_with(const snapshot& from) {
    state_.emplace(options_.shard, options_.limits, options_.secret, from);
    measure();
  }

  void load() {
    const auto handles = store_.handles();
    if (is_waiting_ || handles.empty()) return;
    is_waiting_ = true;
    self_->request(handles.front(), longest_load, load_query{options_.shard})
        .then(
            [this](const loaded& answer) {
              is_waiting_ = false;
              start_with(*answer.from);
            },
            [this](const caf::error& e) {
              is_waiting_ = false;
              base::log::warn("stats_load_failed",
                              {{"shard", options_.shard}, {"reason", actor::from_caf(e).detail}});
            });
  }

  void save() {
    measure();
    if (is_waiting_) return;
    if (!state_->has_unsaved()) return settle(caf::error{});
    const auto handles = store_.handles();
    if (handles.empty())
      return failed(actor::to_caf(base::fail(base::errc::unavailable, "the store restarts")));
    is_waiting_ = true;
    const auto begun = base::clock::now();
    self_
        ->request(handles.front(), longest_save,
                  save_query{std::make_shared<const delta>(state_->begin_save())})
        .then(
            [this, begun] {
              is_waiting_ = false;
              state_->saved();
              metrics_.save_time->record(base::clock::now() - begun);
              if (std::exchange(has_failed_, false))
                base::log::info("stats_saved_again", {{"shard", options_.shard}});
              if (!flushes_.empty()) save(); // what came while the save ran belongs to the flush
            },
            [this](const caf::error& e) {
              is_waiting_ = false;
              state_->save_failed();
              failed(e);
            });
  }

  void failed(const caf::error& why) {
    metrics_.save_failures->add();
    if (!std::exchange(has_failed_, true)) {
      base::log::warn("stats_save_failed", {{"shard", options_.shard},
                                            {"reason", actor::from_caf(why).detail},
                                            {"unsaved_events", state_->unsaved_ids()}});
    }
    settle(why);
  }

  // Ends the flushes: with an error, or with none.
  void settle(const caf::error& why) {
    for (auto& promise : std::exchange(flushes_, {})) {
      if (why) {
        promise.deliver(why);
      } else {
        promise.deliver();
      }
    }
    measure();
  }

  void measure() {
    metrics_.products->set(static_cast<std::int64_t>(state_->counters().keys()));
    metrics_.seen->set(static_cast<std::int64_t>(state_->seen_ids()));
    metrics_.unsaved->set(static_cast<std::int64_t>(state_->unsaved_ids()));
  }

  shard_actor::pointer self_;
  shard_options options_;
  shard_metrics metrics_;
  actor::service<store_actor> store_;
  std::optional<shard_state> state_; // none while it is being loaded
  bool is_waiting_ = false;          // for the store's answer
  bool has_failed_ = false;          // the last save did
  std::vector<caf::typed_response_promise<void>> flushes_;
};

} // namespace

shard_metrics::shard_metrics(metrics::registry& registry, std::size_t shard)
    : service(registry, "stats-shards", shard) {
  const auto events = [&](const char* type, const char* outcome) {
    return &registry.counter("troupe_stats_events_total", "Events by type and what became of them.",
                             {{"type", type}, {"outcome", outcome}}, shard);
  };
  counted = {events("view", "counted"), events("purchase", "counted")};
  duplicate = {events("view", "duplicate"), events("purchase", "duplicate")};
  refused = {events("view", "refused"), events("purchase", "refused")};
  untracked =
      &registry.counter("troupe_stats_untracked_events_total",
                        "Events counted whose product came after the bound of tracked products.", {}, shard);
  const auto published = [&](const char* what) {
    return &registry.counter("troupe_stats_published_total", "Counts that other services have published.",
                             {{"what", what}}, shard);
  };
  published_views = published("views");
  published_payments = published("payments");
  save_failures = &registry.counter("troupe_stats_save_failures_total",
                                    "Saves that failed; they are tried again.", {}, shard);
  save_time = &registry.histogram("troupe_stats_save_seconds",
                                  "From giving the store what is unsaved to its answer.", {}, shard);
  products = &registry.gauge("troupe_stats_products", "Products tracked.", {}, shard);
  seen = &registry.gauge("troupe_stats_remembered_events",
                         "Events remembered, so that they are counted once.", {}, shard);
  unsaved =
      &registry.gauge("troupe_stats_unsaved_events", "Events counted that a crash would lose.", {}, shard);
}

shard_actor::behavior_type shard(shard_actor::pointer self, const shard_options& options,
                                 const shard_metrics& metrics, const actor::service<store_actor>& store,
                                 std::shared_ptr<const snapshot> from) {
  const auto kept = std::make_shared<keeper>(self, options, metrics, store, std::exchange(from, nullptr));
  return actor::serve<shard_actor>(
      self, metrics.service,
      [kept](const actor::envelope&, const shard_events& batch) { return kept->count(batch); },
      [kept](const actor::envelope&, const shard_counts& counts) { kept->count_published(counts); },
      [kept](const actor::envelope&, const top_query& query) { return kept->top(query); },
      [kept](const actor::envelope&, const rates_query&) { return kept->rates(); },
      [kept](const flush&) { return kept->flush_all(); }, [kept](actor::tick) { kept->tick(); });
}

} // namespace troupe::stats
