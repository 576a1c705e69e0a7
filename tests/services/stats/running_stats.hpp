#pragma once

#include "platform/json/message.hpp"
#include "platform/metrics/registry.hpp"
#include "services/stats/shard.hpp"
#include "services/stats/stats.hpp"
#include "tests/services/stats/deterministic_system.hpp"
#include "tests/services/stats/fake_store.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::stats::test {

/// The whole service but for its file: one stats actor before some shards. Its time stands still unless the
/// test moves it.
struct running_stats {
  explicit running_stats(std::size_t shard_count, const shard_limits& limits = {}) {
    const auto stores = system.service_of(std::vector{system.system().spawn(fake_store, script)});
    std::vector<shard_actor> all;
    for (std::size_t i = 0; i < shard_count; ++i) {
      shard_options options;
      options.shard = i;
      options.limits = limits;
      options.now = [this] { return now; };
      all.push_back(system.system().spawn(stats::shard, options, shard_metrics(registry, i), stores,
                                          std::make_shared<const snapshot>()));
    }
    shards = system.service_of(all);
    front = system.adopt(system.system().spawn(stats::stats, stats_metrics(registry, 0), shards));
    system.run();
  }

  base::result<v1::PublishEventsReply> publish(const v1::PublishEventsRequest& batch,
                                               const actor::envelope& e = {}) {
    return system.ask<v1::PublishEventsReply>(front, e, batch);
  }
  base::result<v1::TopReply> top(v1::Metric metric, v1::Window window = v1::WINDOW_ALL,
                                 std::uint32_t limit = 100) {
    v1::TopRequest request;
    request.set_metric(metric);
    request.set_window(window);
    request.set_limit(limit);
    const auto view = system.ask<top_view>(front, actor::envelope{}, request);
    if (view.has_error()) return view.error();
    v1::TopReply reply;
    REQUIRE(json::decode(view->body.view(), reply).has_value());
    return reply;
  }
  v1::RatesReply rates() {
    const auto reply = system.ask<v1::RatesReply>(front, actor::envelope{}, v1::RatesRequest{});
    REQUIRE(reply.has_value());
    return *reply;
  }

  metrics::registry registry;
  base::time_point now{std::chrono::minutes(1000)};
  std::shared_ptr<fake_store_script> script = std::make_shared<fake_store_script>();
  deterministic_system system;
  actor::service<shard_actor> shards;
  stats_actor front;
};

} // namespace troupe::stats::test
