#include "tests/services/payment/ledger.hpp"
#include "tests/services/payment/running_payment.hpp"

#include <atomic>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;

TEST_CASE("C-121: a hundred requests with one key at once are one payment", "[unit][payment]") {
  running_payment service;
  const std::string body = R"({"customer_id":"1","amount_minor":5,"currency":"GBP"})";
  std::vector<http::response> answers(100);
  {
    std::vector<std::thread> clients;
    std::atomic<std::size_t> next{0};
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        for (auto n = next++; n < answers.size(); n = next++)
          answers[n] = service.post("/v1/payments", "k", body);
      });
    }
    for (auto& client : clients) client.join();
  }
  std::set<std::string> bodies;
  for (const auto& answer : answers) {
    if (answer.status == 201) {
      bodies.emplace(answer.body.view());
    } else {
      CHECK(answer.status == 409);
    }
  }
  CHECK(bodies.size() == 1);
  CHECK(std::string(service.post("/v1/payments", "k", body).body.view()) == *bodies.begin());
  CHECK(std::string(service.get("/v1/ledger/balance").body.view())
            .find("\"payments\":{\"count\":1,\"amount_minor\":5}") != std::string::npos);
}

TEST_CASE("many clients at once: every payment that was answered is there, and the ledger sums to zero",
          "[unit][payment]") {
  running_payment service;
  std::atomic<std::int64_t> paid{0};
  std::atomic<std::int64_t> refunded{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 50; ++i) {
        const auto key = std::to_string(client) + "-" + std::to_string(i);
        const auto made =
            service.post("/v1/payments", key, R"({"customer_id":"1","amount_minor":100,"currency":"GBP"})");
        if (made.status != 201) continue;
        paid += 100;
        const std::string body(made.body.view());
        const auto from = body.find("pay_");
        const auto path = "/v1/payments/" + body.substr(from, 36) + "/refunds";
        for (const auto* refund : {"a", "b", "c"}) {
          if (service.post(path, refund, R"({"amount_minor":40})").status == 201) refunded += 40;
        }
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(paid == 20'000);
  CHECK(refunded == 16'000); // two of three fit
  const auto expected =
      R"({"currency":"GBP","payments":{"count":200,"amount_minor":20000},)"
      R"("refunds":{"count":400,"amount_minor":16000},"credits":{"count":0,"amount_minor":0},)"
      R"("entries_sum_minor":0})";
  CHECK(std::string(service.get("/v1/ledger/balance").body.view()) == expected);
  service.restart();
  CHECK(std::string(service.get("/v1/ledger/balance").body.view()) == expected);
}

TEST_CASE("the metrics tell the kinds and endings apart", "[unit][payment]") {
  running_payment service;
  const std::string body = R"({"customer_id":"1","amount_minor":5,"currency":"GBP"})";
  service.post("/v1/payments", "k", body);
  service.post("/v1/payments", "k", body);
  service.post("/v1/credits", "k", body);
  const auto text = service.registry.expose();
  CHECK(text.find(R"(troupe_payment_writes_total{kind="payment",outcome="created"} 1)") != std::string::npos);
  CHECK(text.find(R"(troupe_payment_writes_total{kind="payment",outcome="replayed"} 1)") !=
        std::string::npos);
  CHECK(text.find(R"(troupe_payment_writes_total{kind="credit",outcome="refused"} 1)") != std::string::npos);
  CHECK(text.find("troupe_payment_committed_requests_total 3") != std::string::npos);
}

TEST_CASE("a store that cannot be opened ends the start with one line", "[unit][payment]") {
  const store::test::scratch_directory dir;
  std::ofstream(dir.file("payments.sqlite")) << std::string(8192, 'x');
  metrics::registry registry;
  real_system world;
  app::tier tier(world.system, registry, dir.path(), 2, 2);
  try {
    start(tier);
    FAIL("it started");
  } catch (const std::runtime_error& e) {
    const std::string what = e.what();
    CHECK(what.starts_with("payment: cannot open the store payments.sqlite: "));
    CHECK(what.find('\n') == std::string::npos);
  }
  tier.stop();
}
