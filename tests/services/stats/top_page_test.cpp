#include "services/stats/top_page.hpp"

#include "platform/json/message.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using stats::ranked;
using stats::top_page;
using stats::top_part;
namespace v1 = stats::v1;

namespace {

top_part part(std::size_t shard, std::vector<ranked> items, std::uint64_t untracked = 0) {
  return {shard, std::make_shared<const std::vector<ranked>>(std::move(items)), untracked};
}

v1::TopRequest views(std::uint32_t limit) {
  v1::TopRequest request;
  request.set_metric(v1::METRIC_VIEWS);
  request.set_window(v1::WINDOW_1M);
  request.set_limit(limit);
  return request;
}

std::string text(top_page& page, std::uint32_t limit, const std::vector<top_part>& parts) {
  return std::string(page.text(views(limit), parts).view());
}

} // namespace

TEST_CASE("a page is what encoding the reply gives, whatever the metric, the window, the ids and the limit") {
  std::mt19937 random(3);
  const std::vector<std::string> ids{"a", "\"\\\n", "\xC3\xA9", "\xFF", std::string(64, 'x')};
  for (const auto metric : {v1::METRIC_VIEWS, v1::METRIC_PURCHASES}) {
    for (const auto window : {v1::WINDOW_1M, v1::WINDOW_1H, v1::WINDOW_ALL}) {
      top_page page;
      for (const std::size_t shards : {1, 2, 5}) {
        std::vector<std::vector<ranked>> lists(shards);
        std::vector<ranked> all;
        for (std::size_t i = 0; i < 40 * shards; ++i) {
          ranked one{ids[i % ids.size()] + std::to_string(i), 1 + random() % 30};
          if (i == 0) one.value = 9'223'372'036'854'775'807U;
          if (random() % 4 > 0) lists[random() % shards].push_back(one), all.push_back(one);
        }
        std::sort(all.begin(), all.end());
        std::vector<top_part> parts;
        for (std::size_t i = 0; i < shards; ++i) {
          std::sort(lists[i].begin(), lists[i].end());
          parts.push_back(part(i, lists[i], shards == 2 ? 4 : 0));
        }
        for (const std::uint32_t limit : {1, 7, 100}) {
          v1::TopRequest request;
          request.set_metric(metric);
          request.set_window(window);
          request.set_limit(limit);
          v1::TopReply reply;
          reply.set_metric(metric);
          reply.set_window(window);
          for (std::size_t i = 0; i < std::min<std::size_t>(limit, all.size()); ++i) {
            auto& item = *reply.add_items();
            item.set_product_id(all[i].product_id);
            item.set_value(all[i].value);
          }
          if (shards == 2) reply.set_untracked(8);
          REQUIRE(page.text(request, parts).view() == json::encode(reply));
        }
      }
    }
  }
}

TEST_CASE("a page without products has an empty array, and what is not tracked when there is some") {
  top_page page;
  CHECK(text(page, 10, {part(0, {})}) == R"({"metric":"views","window":"1m","items":[]})");
  CHECK(text(page, 10, {part(0, {}, 3), part(1, {}, 4)}) ==
        R"({"metric":"views","window":"1m","items":[],"untracked":7})");
}

TEST_CASE("a page follows the lists of its shards, one by one") {
  top_page page;
  std::vector<top_part> parts{part(0, {{"a", 5}}), part(1, {{"b", 3}})};
  const std::string head = R"({"metric":"views","window":"1m","items":[)";
  const std::string a5 = R"({"product_id":"a","value":5})";
  const std::string b3 = R"({"product_id":"b","value":3})";
  const std::string b9 = R"({"product_id":"b","value":9})";
  CHECK(text(page, 10, parts) == head + a5 + "," + b3 + "]}");
  CHECK(text(page, 1, parts) == head + a5 + "]}");
  parts[1] = part(1, {{"b", 9}});
  CHECK(text(page, 10, parts) == head + b9 + "," + a5 + "]}");
  parts[0].untracked = 2; // the lists are as they were
  CHECK(text(page, 1, parts) == head + b9 + R"(],"untracked":2})");
  parts.pop_back();
  CHECK(text(page, 10, parts) == head + a5 + R"(],"untracked":2})");
}
