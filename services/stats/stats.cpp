#include "services/stats/stats.hpp"

#include "services/stats/checks.hpp"
#include "services/stats/event_key.hpp"
#include "services/stats/top_page.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::stats {

namespace {

metric metric_of(v1::EventType type) noexcept {
  return type == v1::EVENT_TYPE_PURCHASE ? metric::purchases : metric::views;
}

metric metric_of(v1::Metric m) noexcept {
  return m == v1::METRIC_PURCHASES ? metric::purchases : metric::views;
}

window window_of(v1::Window w) noexcept {
  switch (w) {
  case v1::WINDOW_1M:
    return window::minute;
  case v1::WINDOW_1H:
    return window::hour;
  default:
    return window::all;
  }
}

/// What a shard has to know of the request that it answers a part of.
actor::envelope part_of(const actor::envelope& whole) {
  actor::envelope part;
  part.deadline = whole.deadline;
  part.sent = base::clock::now();
  part.trace = whole.trace;
  part.priority = whole.priority;
  return part;
}

double per_second(std::uint64_t sum) {
  return std::round(static_cast<double>(sum) * 1000 / static_cast<double>(rate_window::seconds)) / 1000;
}

template <class Question>
struct addressed {
  shard_actor shard;
  Question question;
};

class front {
 public:
  front(stats_actor::pointer self, const stats_metrics& metrics, const actor::service<shard_actor>& shards)
      : self_(self), metrics_(metrics), shards_(shards) {}

  caf::result<v1::PublishEventsReply> publish(const actor::envelope& e,
                                              const v1::PublishEventsRequest& request) {
    if (const auto valid = check(request); valid.has_error()) return actor::to_caf(valid.error());
    if (const auto up = refresh(); up.has_error()) return actor::to_caf(up.error());
    std::vector<shard_events> parts(handles_.size());
    for (const auto& in : request.events()) {
      parts[shard_of(in.product_id())].events.push_back({hasher_(in.product_id(), in.id()), in.product_id(),
                                                         metric_of(in.type()),
                                                         in.has_quantity() ? in.quantity() : 1});
    }
    std::vector<addressed<shard_events>> questions;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i].events.empty()) questions.push_back({handles_[i], std::move(parts[i])});
    }
    return ask<outcome>(
        e, std::move(questions), v1::PublishEventsReply{},
        [](v1::PublishEventsReply& reply, const outcome& part) {
          for (const auto n : part.accepted) reply.set_accepted(reply.accepted() + n);
          for (const auto n : part.duplicates) reply.set_duplicates(reply.duplicates() + n);
        },
        [](v1::PublishEventsReply& reply) { return std::move(reply); });
  }

  caf::result<top_view> top(const actor::envelope& e, const v1::TopRequest& request) {
    if (const auto valid = check(request); valid.has_error()) return actor::to_caf(valid.error());
    const top_query query{metric_of(request.metric()), window_of(request.window())};
    return ask_all<top_part>(
        e, query, std::vector<top_part>(),
        [](std::vector<top_part>& sum, const top_part& part) {
          if (sum.size() <= part.shard) sum.resize(part.shard + 1);
          sum[part.shard] = part;
        },
        [this, query, request](const std::vector<top_part>& sum) {
          auto& of_window = pages_[static_cast<std::size_t>(query.over)];
          return top_view{of_window[static_cast<std::size_t>(query.what)].text(request, sum)};
        });
  }

  caf::result<v1::RatesReply> rates(const actor::envelope& e) {
    return ask_all<rate_sums>(
        e, rates_query{}, rate_sums{}, [](rate_sums& sum, const rate_sums& part) { sum += part; },
        [](const rate_sums& sum) {
          v1::RatesReply reply;
          reply.set_window_seconds(static_cast<std::uint32_t>(rate_window::seconds));
          reply.set_views_per_second(per_second(sum.views));
          reply.set_purchases_per_second(per_second(sum.purchases));
          reply.set_payments_per_second(per_second(sum.payments));
          reply.set_events_per_second(per_second(sum.events));
          return reply;
        });
  }

  void published(const actor::envelope& e, const v1::PublishedCounts& counts) {
    if (refresh().has_error()) return; // may be shed
    std::vector<shard_counts> parts(handles_.size());
    const auto taken = std::min(counts.views_size(), most_events);
    auto refused = static_cast<std::uint64_t>(counts.views_size() - taken);
    for (int i = 0; i < taken; ++i) {
      const auto& in = counts.views(i);
      if (is_valid(in)) {
        parts[shard_of(in.product_id())].views.push_back({in.product_id(), in.count()});
      } else {
        ++refused;
      }
    }
    // Payments belong to no product; only their sum over all shards is ever asked for.
    if (counts.payments() <= most_quantity) {
      parts.front().payments = counts.payments();
    } else {
      ++refused;
    }
    metrics_.refused_counts->add(refused);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].views.empty() && parts[i].payments == 0) continue;
      caf::anon_send(handles_[i], part_of(e), std::move(parts[i]));
    }
  }

 private:
  [[nodiscard]] std::size_t shard_of(const std::string& product_id) const {
    return product_slot(product_id) % handles_.size();
  }

  /// Takes the shards' handles anew when one of them has restarted. Fails while one is down.
  [[nodiscard]] base::result<void> refresh() {
    const auto down = [] {
      return base::fail(base::errc::unavailable, "a part of the statistics restarts: try again in a moment");
    };
    const auto& slot = *shards_.slot();
    const auto version = slot.version();
    if (version != version_) {
      handles_.clear();
      for (auto& handle : slot.handles()) handles_.push_back(caf::actor_cast<shard_actor>(std::move(handle)));
      version_ = version;
    }
    const auto is_down = [](const shard_actor& handle) { return !handle; };
    if (handles_.empty() || std::any_of(handles_.begin(), handles_.end(), is_down)) return down();
    return {};
  }

  template <class Part, class Question, class Sum, class Add, class Finish>
  auto ask_all(const actor::envelope& e, const Question& question, Sum sum, Add add, Finish finish)
      -> caf::result<decltype(finish(sum))> {
    if (const auto up = refresh(); up.has_error()) return actor::to_caf(up.error());
    std::vector<addressed<Question>> questions;
    for (const auto& handle : handles_) questions.push_back({handle, question});
    return ask<Part>(e, std::move(questions), std::move(sum), std::move(add), std::move(finish));
  }

  /// Asks each shard its question; `add(sum, part)` takes every answer, `finish(sum)` makes the reply of
  /// them. The first error is the reply, and the answers that come after it are dropped.
  template <class Part, class Question, class Sum, class Add, class Finish>
  auto ask(const actor::envelope& e, std::vector<addressed<Question>> questions, Sum sum, Add add,
           Finish finish) -> caf::result<decltype(finish(sum))> {
    using reply = decltype(finish(sum));
    struct gathering {
      caf::typed_response_promise<reply> promise;
      std::size_t missing;
      Sum sum;
    };
    const auto all = std::make_shared<gathering>(
        gathering{self_->template make_response_promise<reply>(), questions.size(), std::move(sum)});
    for (auto& [shard, question] : questions) {
      // No time-out: a shard answers at once or is down, which is an answer too; and who waits for the reply
      // has a deadline.
      self_->request(shard, caf::infinite, part_of(e), std::move(question))
          .then(
              [all, add, finish](const Part& part) {
                if (all->missing == 0) return;
                add(all->sum, part);
                if (--all->missing == 0) all->promise.deliver(finish(all->sum));
              },
              [all](const caf::error& why) {
                all->missing = 0;
                all->promise.deliver(why);
              });
    }
    return all->promise;
  }

  stats_actor::pointer self_;
  stats_metrics metrics_;
  actor::service<shard_actor> shards_;
  std::uint64_t version_ = 0; // of the slot when handles_ were taken
  std::vector<shard_actor> handles_;
  event_hasher hasher_;
  std::array<std::array<top_page, metric_count>, window_count> pages_;
};

} // namespace

stats_metrics::stats_metrics(metrics::registry& registry, std::size_t replica)
    : service(registry, "stats", replica) {
  refused_counts =
      &registry.counter("troupe_stats_published_refused_total",
                        "Elements of published counts that were outside their ranges.", {}, replica);
}

stats_actor::behavior_type stats(stats_actor::pointer self, const stats_metrics& metrics,
                                 const actor::service<shard_actor>& shards) {
  const auto to = std::make_shared<front>(self, metrics, shards);
  return actor::serve<stats_actor>(
      self, metrics.service,
      [to](const actor::envelope& e, const v1::PublishEventsRequest& request) {
        return to->publish(e, request);
      },
      [to](const actor::envelope& e, const v1::TopRequest& request) { return to->top(e, request); },
      [to](const actor::envelope& e, const v1::RatesRequest&) { return to->rates(e); },
      [to](const actor::envelope& e, const v1::PublishedCounts& counts) { to->published(e, counts); });
}

} // namespace troupe::stats
