#include "platform/json/message.hpp"
#include "services/stats/contract.hpp"
#include "services/stats/service.hpp"
#include "tests/platform/store/scratch_directory.hpp"
#include "tests/services/stats/deterministic_system.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

using namespace troupe;
using store::test::scratch_directory;
namespace v1 = stats::v1;

namespace {

// A process: a tier on real threads, in which only this service runs.
class process {
 public:
  process(const std::filesystem::path& data, std::size_t cores)
      : system_(config_), tier_(system_, registry_, data, cores, 2) {
    try {
      stats::start(tier_);
    } catch (...) {
      tier_.stop();
      throw;
    }
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() { tier_.stop(); }

  template <class Reply, class Request>
  Reply ask(const Request& request) {
    caf::scoped_actor self(system_);
    Reply out;
    std::string failure;
    self->request(tier_.find<stats::stats_actor>("stats").handles().front(), std::chrono::seconds(20),
                  actor::envelope{}, request)
        .receive([&](const Reply& reply) { out = reply; },
                 [&](const caf::error& e) { failure = actor::from_caf(e).detail + " (error)"; });
    REQUIRE(failure.empty());
    return out;
  }

  app::tier& tier() { return tier_; }

 private:
  metrics::registry registry_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  app::tier tier_;
};

v1::PublishEventsRequest events(int first, int last) {
  v1::PublishEventsRequest batch;
  for (int i = first; i < last; ++i) {
    auto& e = *batch.add_events();
    e.set_id(std::to_string(i));
    e.set_product_id("p" + std::to_string(i % 10));
    e.set_type(v1::EVENT_TYPE_PURCHASE);
    e.set_quantity(1 + static_cast<std::uint32_t>(i % 10));
  }
  return batch;
}

std::string top_three(process& p) {
  v1::TopRequest request;
  request.set_metric(v1::METRIC_PURCHASES);
  request.set_window(v1::WINDOW_ALL);
  request.set_limit(3);
  std::string out;
  v1::TopReply reply;
  REQUIRE(json::decode(p.ask<stats::top_view>(request).body.view(), reply).has_value());
  for (const auto& item : reply.items()) out += item.product_id() + "=" + std::to_string(item.value()) + " ";
  return out;
}

} // namespace

TEST_CASE("what was counted is there after a stop and a start, on any number of cores, and is counted once") {
  stats::test::register_all_types();
  const scratch_directory data;
  const auto cores = {2U, 3U, 1U};
  for (const auto n : cores) {
    process p(data.path(), n);
    const auto reply = p.ask<v1::PublishEventsReply>(events(0, 500));
    CHECK(reply.accepted() == (n == 2 ? 500 : 0));
    CHECK(reply.duplicates() == (n == 2 ? 0 : 500));
    CHECK(top_three(p) == "p9=500 p8=450 p7=400 ");
  }
}

TEST_CASE("a tier with stats has its routes, its replicas up, and something to try on the start page") {
  stats::test::register_all_types();
  const scratch_directory data;
  process p(data.path(), 2);
  for (const auto& [name, up] : p.tier().health()) {
    INFO(name);
    CHECK(up);
  }
  CHECK(p.tier().health().size() == 3);
  CHECK(p.tier().routes().size() == 3);
  for (const auto& offer : p.tier().offers()) {
    http::path_parameters none;
    const auto path = offer.path.substr(0, offer.path.find('?'));
    CHECK(p.tier().routes().table().match(http::method::get, path, none).outcome ==
          http::router::outcome::found);
  }
}

TEST_CASE("a store that cannot be read ends the start with a reason") {
  stats::test::register_all_types();
  const scratch_directory data;
  std::ofstream(data.file("stats.sqlite")) << std::string(5000, 'x');
  CHECK_THROWS_WITH(process(data.path(), 1), Catch::StartsWith("stats: cannot open the store stats.sqlite"));
}
