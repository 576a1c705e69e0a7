#include "platform/http/request_parser.hpp"
#include "services/stats/routes.hpp"
#include "tests/services/stats/running_stats.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace troupe;
namespace v1 = stats::v1;
using stats::test::running_stats;

namespace {

struct answer {
  int status = 0;
  std::string body;
};

// Stands for the connection actor: request text in, answer out, with the real service behind the routes.
class client final : public server::call_site {
 public:
  client() : slot_(std::make_shared<actor::service_slot>("stats", 0, 1, 10)) {
    stats::add_routes(routes_, actor::service<stats::stats_actor>(slot_));
  }

  actor::envelope& envelope() override { return envelope_; }

  base::result<void> send(actor::service_slot&, caf::message content) override {
    sent_ = std::move(content);
    return {};
  }

  answer exchange(const std::string& text) {
    http::request_parser parser(limits_);
    parser.reset();
    std::size_t used = 0;
    REQUIRE(parser.parse(text, used) == http::request_parser::status::complete);
    auto& request = parser.request();
    const auto match = routes_.table().match(request.method, request.path, request.parameters);
    REQUIRE(match.outcome == http::router::outcome::found);
    const auto& endpoint = *routes_.at(match.route).target;
    sent_ = {};
    envelope_ = {};
    if (const auto response = endpoint.start(*this, request)) return shown(*response);
    if (sent_.match_element<v1::PublishEventsRequest>(1))
      return finish<v1::PublishEventsRequest, v1::PublishEventsReply>(endpoint);
    if (sent_.match_element<v1::TopRequest>(1)) return finish<v1::TopRequest, stats::top_view>(endpoint);
    return finish<v1::RatesRequest, v1::RatesReply>(endpoint);
  }

  answer get(const std::string& target) { return exchange("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"); }

  answer post(const std::string& body, const std::string& fields = "Content-Type: application/json\r\n") {
    return exchange("POST /v1/events HTTP/1.1\r\nHost: x\r\n" + fields +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  running_stats service{2};

 private:
  static answer shown(const http::response& r) { return {r.status, std::string(r.body.view())}; }

  template <class Request, class Reply>
  answer finish(const server::endpoint& endpoint) {
    const auto reply =
        service.system.ask<Reply>(service.front, sent_.get_as<actor::envelope>(0), sent_.get_as<Request>(1));
    if (reply.has_error()) return shown(http::problem(reply.error(), "1"));
    return shown(endpoint.finish(caf::make_message(*reply)));
  }

  std::shared_ptr<actor::service_slot> slot_;
  server::routes routes_;
  http::limits limits_;
  actor::envelope envelope_;
  caf::message sent_;
};

} // namespace

TEST_CASE("a batch is answered 202 with what was counted, and the top shows it") {
  client c;
  const std::string batch =
      R"({"events":[{"id":"536365-1","type":"purchase","product_id":"85123A","quantity":6},)"
      R"({"id":"v1","type":"view","product_id":"85123A"},{"id":"v1","type":"view","product_id":"85123A"}]})";
  auto done = c.post(batch);
  CHECK(done.status == 202);
  CHECK(done.body == R"({"accepted":2,"duplicates":1})");
  CHECK(c.post(batch).body == R"({"accepted":0,"duplicates":3})");
  done = c.get("/v1/stats/top?metric=purchases&window=1h&limit=5");
  CHECK(done.status == 200);
  CHECK(done.body == R"({"metric":"purchases","window":"1h","items":[{"product_id":"85123A","value":6}]})");
}

TEST_CASE("the top without parameters is the ten best-sold products of all time") {
  client c;
  CHECK(c.get("/v1/stats/top").body == R"({"metric":"purchases","window":"all","items":[]})");
  CHECK(c.get("/v1/stats/top?metric=views&window=1m").body ==
        R"({"metric":"views","window":"1m","items":[]})");
  std::string batch = R"({"events":[)";
  for (int i = 0; i < 12; ++i) {
    batch += std::string(i > 0 ? "," : "") + R"({"id":"1","type":"purchase","product_id":")" +
             static_cast<char>('a' + i) + R"(","quantity":1})";
  }
  REQUIRE(c.post(batch + "]}").status == 202);
  const auto body = c.get("/v1/stats/top").body;
  CHECK(body.find(R"("product_id":"j")") != std::string::npos);
  CHECK(body.find(R"("product_id":"k")") == std::string::npos);
}

TEST_CASE("bad parameters are answered 400 with the parameter and its allowed values") {
  struct row {
    std::string query, detail;
  };
  const std::vector<row> rows{
      {"metric=sales", R"(metric: must be one of \"purchases\", \"views\")"},
      {"metric=", R"(metric: must be one of \"purchases\", \"views\")"},
      {"metric=Views", R"(metric: must be one of \"purchases\", \"views\")"},
      {"window=2h", R"(window: must be one of \"1m\", \"1h\", \"all\")"},
      {"limit=0", "limit: must be an integer from 1 to 100"},
      {"limit=101", "limit: must be an integer from 1 to 100"},
      {"limit=-1", "limit: must be an integer from 1 to 100"},
      {"limit=", "limit: must be an integer from 1 to 100"},
      {"limit=5x", "limit: must be an integer from 1 to 100"},
      {"limit=1.5", "limit: must be an integer from 1 to 100"},
      {"limit=+5", "limit: must be an integer from 1 to 100"},
      {"limit=99999999999999999999", "limit: must be an integer from 1 to 100"},
  };
  client c;
  for (const auto& r : rows) {
    const auto refused = c.get("/v1/stats/top?" + r.query);
    INFO(r.query);
    CHECK(refused.status == 400);
    CHECK(refused.body.find(r.detail) != std::string::npos);
  }
  CHECK(c.get("/v1/stats/top?limit=100&metric=views").status == 200);
  CHECK(c.get("/v1/stats/top?limit=1").status == 200);
}

TEST_CASE("a batch that does not keep the rules is answered 400 with the field, and counts nothing") {
  struct row {
    std::string body, mentions;
  };
  const auto event = [](const std::string& rest) { return R"({"events":[{)" + rest + "}]}"; };
  const std::vector<row> rows{
      {"", ""},
      {"[]", ""},
      {"{}", "events"},
      {R"({"events":[]})", "events"},
      {event(""), "events[0].id"},
      {event(R"("id":"1","type":"view")"), "events[0].product_id"},
      {event(R"("id":"","type":"view","product_id":"a")"), "events[0].id"},
      {event(R"("id":"1","type":"click","product_id":"a")"), "events[0].type"},
      {event(R"("id":"1","type":"unspecified","product_id":"a")"), "events[0].type"},
      {event(R"("id":"1","type":"purchase","product_id":"a")"), "events[0].quantity"},
      {event(R"("id":"1","type":"purchase","product_id":"a","quantity":0)"), "events[0].quantity"},
      {event(R"("id":"1","type":"purchase","product_id":"a","quantity":1000001)"), "events[0].quantity"},
      {event(R"("id":"1","type":"purchase","product_id":"a","quantity":-1)"), "events[0].quantity"},
      {event(R"("id":"1","type":"purchase","product_id":"a","quantity":1.0)"), "events[0].quantity"},
      {event(R"("id":"1","type":"view","product_id":")" + std::string(65, 'x') + '"'),
       "events[0].product_id"},
      {event(R"("id":"1","type":"view","product_id":"a","price":3)"), "price"},
  };
  client c;
  for (const auto& r : rows) {
    const auto refused = c.post(r.body);
    INFO(r.body);
    CHECK(refused.status == 400);
    CHECK(refused.body.find(r.mentions) != std::string::npos);
  }
  CHECK(c.get("/v1/stats/top?metric=views").body == R"({"metric":"views","window":"all","items":[]})");
}

TEST_CASE("C-53: only JSON in UTF-8 is read: 415 otherwise") {
  client c;
  const std::string batch = R"({"events":[{"id":"1","type":"view","product_id":"a"}]})";
  for (const auto* fields : {"", "Content-Type: text/plain\r\n", "Content-Type: application/jsonp\r\n",
                             "Content-Type:\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
                             "Content-Type: application/json; charset=latin1\r\n"}) {
    INFO(fields);
    CHECK(c.post(batch, fields).status == 415);
  }
  for (const auto* fields :
       {"Content-Type: application/json\r\n", "content-type: Application/JSON; charset=utf-8\r\n",
        "Content-Type: application/json ;charset=utf-8\r\n"}) {
    INFO(fields);
    CHECK(c.post(batch, fields).status == 202);
  }
}

TEST_CASE("rates are written with at most three decimals and without an exponent") {
  client c;
  CHECK(c.get("/v1/stats/rates").body ==
        R"({"window_seconds":60,"views_per_second":0,"purchases_per_second":0,)"
        R"("payments_per_second":0,"events_per_second":0})");
  v1::RatesReply rates;
  rates.set_window_seconds(60);
  rates.set_views_per_second(0.017);
  rates.set_purchases_per_second(1.5);
  rates.set_payments_per_second(100'000);
  rates.set_events_per_second(1e22);
  CHECK(stats::rates_text(rates) ==
        R"({"window_seconds":60,"views_per_second":0.017,"purchases_per_second":1.5,)"
        R"("payments_per_second":100000,"events_per_second":10000000000000000000000})");
}
