#include "services/stats/checks.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>

using namespace troupe;
namespace v1 = stats::v1;

namespace {

v1::PublishEventsRequest batch(int events) {
  v1::PublishEventsRequest request;
  for (int i = 0; i < events; ++i) {
    auto& e = *request.add_events();
    e.set_id(std::to_string(i));
    e.set_type(v1::EVENT_TYPE_PURCHASE);
    e.set_product_id("85123A");
    e.set_quantity(6);
  }
  return request;
}

} // namespace

TEST_CASE("a batch is refused with the path of its first bad field") {
  struct fault {
    std::function<void(v1::Event&)> make;
    std::string detail; // empty: it is allowed
  };
  const std::vector<fault> faults{
      {[](v1::Event&) {}, ""},
      {[](v1::Event& e) { e.clear_id(); }, "events[1].id: must have 1 to 64 bytes"},
      {[](v1::Event& e) { e.set_id(std::string(64, 'x')); }, ""},
      {[](v1::Event& e) { e.set_id(std::string(65, 'x')); }, "events[1].id: must have 1 to 64 bytes"},
      {[](v1::Event& e) { e.clear_product_id(); }, "events[1].product_id: must have 1 to 64 bytes"},
      {[](v1::Event& e) { e.set_product_id(std::string(65, 'x')); },
       "events[1].product_id: must have 1 to 64 bytes"},
      {[](v1::Event& e) { e.clear_type(); }, "events[1].type: must be one of \"view\", \"purchase\""},
      {[](v1::Event& e) { e.set_type(static_cast<v1::EventType>(3)); },
       "events[1].type: must be one of \"view\", \"purchase\""},
      {[](v1::Event& e) { e.clear_quantity(); }, "events[1].quantity: a purchase needs it"},
      {[](v1::Event& e) {
         e.set_type(v1::EVENT_TYPE_VIEW);
         e.clear_quantity();
       },
       ""},
      {[](v1::Event& e) { e.set_quantity(0); }, "events[1].quantity: must be 1 to 1000000"},
      {[](v1::Event& e) { e.set_quantity(1'000'000); }, ""},
      {[](v1::Event& e) { e.set_quantity(1'000'001); }, "events[1].quantity: must be 1 to 1000000"},
  };
  for (const auto& f : faults) {
    auto request = batch(3);
    f.make(*request.mutable_events(1));
    const auto checked = stats::check(request);
    if (f.detail.empty()) {
      CHECK(checked.has_value());
      continue;
    }
    REQUIRE(checked.has_error());
    CHECK(checked.error() == base::fail(base::errc::invalid_argument, f.detail));
  }
}

TEST_CASE("a batch has 1 to 1,000 events") {
  CHECK(stats::check(batch(0)).has_error());
  CHECK(stats::check(batch(1)).has_value());
  CHECK(stats::check(batch(1000)).has_value());
  CHECK(stats::check(batch(1001)).error().detail == "events: must have 1 to 1000 elements");
}

TEST_CASE("a top request needs a metric, a window and a limit of 1 to 100") {
  struct row {
    int metric, window;
    std::uint32_t limit;
    std::string detail;
  };
  const std::vector<row> rows{
      {v1::METRIC_VIEWS, v1::WINDOW_1M, 1, ""},
      {v1::METRIC_PURCHASES, v1::WINDOW_1H, 100, ""},
      {v1::METRIC_PURCHASES, v1::WINDOW_ALL, 10, ""},
      {0, v1::WINDOW_ALL, 10, "metric: must be one of \"views\", \"purchases\""},
      {3, v1::WINDOW_ALL, 10, "metric: must be one of \"views\", \"purchases\""},
      {v1::METRIC_VIEWS, 0, 10, "window: must be one of \"1m\", \"1h\", \"all\""},
      {v1::METRIC_VIEWS, 4, 10, "window: must be one of \"1m\", \"1h\", \"all\""},
      {v1::METRIC_VIEWS, v1::WINDOW_ALL, 0, "limit: must be an integer from 1 to 100"},
      {v1::METRIC_VIEWS, v1::WINDOW_ALL, 101, "limit: must be an integer from 1 to 100"},
  };
  for (const auto& r : rows) {
    v1::TopRequest request;
    request.set_metric(static_cast<v1::Metric>(r.metric));
    request.set_window(static_cast<v1::Window>(r.window));
    request.set_limit(r.limit);
    const auto checked = stats::check(request);
    CHECK((checked.has_error() ? checked.error().detail : "") == r.detail);
  }
}
