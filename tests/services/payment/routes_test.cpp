#include "tests/services/payment/ledger.hpp"
#include "tests/services/payment/running_payment.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;

namespace {

constexpr std::string_view invoice =
    R"({"customer_id":"17850","amount_minor":13912,"currency":"GBP","reference":"536365"})";

std::string text_of(const http::response& response) { return std::string(response.body.view()); }

std::string location_of(const http::response& response) {
  const std::string_view fields = response.own_fields();
  constexpr std::string_view name = "Location: ";
  if (!fields.starts_with(name)) return {};
  return std::string(fields.substr(name.size(), fields.find("\r\n") - name.size()));
}

/// A payment with another amount, written as it stands.
std::string with_amount(const std::string& amount) {
  return R"({"customer_id":"17850","amount_minor":)" + amount + R"(,"currency":"GBP"})";
}

} // namespace

TEST_CASE("POST /v1/payments creates a payment that GET finds at its location", "[unit][payment]") {
  running_payment service;
  const auto made = service.post("/v1/payments", "k", invoice);
  CHECK(made.status == 201);
  CHECK(made.content_type == "application/json");
  const auto id = member(text_of(made), "id");
  CHECK(location_of(made) == "/v1/payments/" + id);
  CHECK(text_of(made).starts_with(
      R"({"id":")" + id +
      R"(","customer_id":"17850","amount_minor":13912,"currency":"GBP","reference":"536365",)"
      R"("status":"captured","refunded_minor":0,"created_at":"20)"));
  const auto got = service.get(location_of(made));
  CHECK(got.status == 200);
  CHECK(got.content_type == "application/json");
  CHECK(text_of(got) == text_of(made));
}

TEST_CASE("a repeated POST is answered with the same bytes, also after a restart and a refund",
          "[unit][payment]") {
  running_payment service;
  const auto payment = service.post("/v1/payments", "k", invoice);
  const auto refund =
      service.post(location_of(payment) + "/refunds", "k", R"({"amount_minor":500,"reason":"broken"})");
  const auto credit = service.post("/v1/credits", "c", invoice);
  CHECK(refund.status == 201);
  CHECK(credit.status == 201);
  CHECK(location_of(refund).empty());
  for (int i = 0; i < 2; ++i) {
    const auto again = service.post("/v1/payments", "k", invoice);
    CHECK(again.status == 201);
    CHECK(text_of(again) == text_of(payment));
    CHECK(location_of(again) == location_of(payment));
    CHECK(text_of(service.post(location_of(payment) + "/refunds", "k",
                               R"({"reason":"broken", "amount_minor":500})")) == text_of(refund));
    CHECK(text_of(service.post("/v1/credits", "c", invoice)) == text_of(credit));
    service.restart();
  }
  CHECK(text_of(service.get(location_of(payment)))
            .find(R"("status":"partially_refunded","refunded_minor":500)") != std::string::npos);
  CHECK(
      text_of(service.get("/v1/ledger/balance")) ==
      R"({"currency":"GBP","payments":{"count":1,"amount_minor":13912},)"
      R"("refunds":{"count":1,"amount_minor":500},"credits":{"count":1,"amount_minor":13912},"entries_sum_minor":0})");
}

TEST_CASE("a used key with another body is 422, and too large a refund too", "[unit][payment]") {
  running_payment service;
  const auto payment = service.post("/v1/payments", "k", invoice);
  CHECK(service.post("/v1/payments", "k", with_amount("1")).status == 422);
  CHECK(service.post("/v1/credits", "k", invoice).status == 422);
  const auto refunds = location_of(payment) + "/refunds";
  CHECK(service.post(refunds, "r", R"({"amount_minor":13913})").status == 422);
  CHECK(service.post(refunds, "r", R"({"amount_minor":13912})").status == 201);
  CHECK(service.post(refunds, "s", R"({"amount_minor":1})").status == 422);
  CHECK(text_of(service.get(location_of(payment))).find(R"("status":"refunded","refunded_minor":13912)") !=
        std::string::npos);
}

TEST_CASE("what is not there is 404", "[unit][payment]") {
  running_payment service;
  CHECK(service.get("/v1/payments/pay_00000000000000000000000000000000").status == 404);
  CHECK(service.get("/v1/payments/x%27%20OR%201=1").status == 404);
  CHECK(service.post("/v1/payments/nope/refunds", "k", R"({"amount_minor":1})").status == 404);
}

TEST_CASE("C-55: an amount is a positive integer, exact to the last digit", "[unit][payment]") {
  running_payment service;
  const auto refused = [&](const std::string& amount, int status) {
    CAPTURE(amount);
    const auto answer = service.post("/v1/payments", "k", with_amount(amount));
    CHECK(answer.status == status);
    CHECK(answer.content_type == "application/problem+json");
    return text_of(answer);
  };
  for (const auto* amount : {"1e2", "0.1", "100.0", "-1", "0", "-0", "9223372036854775808", "\"10\"",
                             "100000000000000000000000000000", "true", "null", "[1]", "{}"}) {
    CHECK(refused(amount, 422).find("amount_minor: ") != std::string::npos);
  }
  for (const auto* amount : {"01", "+1", "0x10", "NaN", "", "1e400", "0.1,"}) refused(amount, 400);
  int n = 0;
  for (const auto* amount : {"1", "9007199254740993", "9223372036854775807"}) {
    const auto answer = service.post("/v1/payments", "good" + std::to_string(++n), with_amount(amount));
    CHECK(answer.status == 201);
    CHECK(text_of(answer).find(std::string("\"amount_minor\":") + amount + ",") != std::string::npos);
  }
  const auto balance = text_of(service.get("/v1/ledger/balance"));
  CHECK(balance.find("\"count\":3,\"amount_minor\":9232379236109516801}") != std::string::npos);
}

TEST_CASE("a body that is not the documented object is 400 and names the field", "[unit][payment]") {
  running_payment service;
  const struct {
    std::string path;
    std::string body;
    std::string named;
  } bad[] = {{"/v1/payments", "", ""},
             {"/v1/payments", "[]", ""},
             {"/v1/payments", "{", ""},
             {"/v1/payments", std::string(invoice) + "x", ""},
             {"/v1/payments", R"({"customer_id":"1","amount_minor":1,"currency":"GBP","tip":1})", "tip"},
             {"/v1/payments", R"({"customer_id":"1","amount_minor":1,"amount_minor":2,"currency":"GBP"})",
              "amount_minor"},
             {"/v1/payments", R"({"amount_minor":1,"currency":"GBP"})", "customer_id"},
             {"/v1/payments", R"({"customer_id":"1","currency":"GBP"})", "amount_minor"},
             {"/v1/payments", R"({"customer_id":"1","amount_minor":1})", "currency"},
             {"/v1/payments", R"({"customer_id":"","amount_minor":1,"currency":"GBP"})", "customer_id"},
             {"/v1/payments", R"({"customer_id":"\u0000","amount_minor":1,"currency":"GBP"})", "customer_id"},
             {"/v1/payments", R"({"customer_id":17850,"amount_minor":1,"currency":"GBP"})", "customer_id"},
             {"/v1/payments", R"({"customer_id":"1","amount_minor":1,"currency":"gbp"})", "currency"},
             {"/v1/payments", R"({"customer_id":"1","amount_minor":1,"currency":"XXX"})", "currency"},
             {"/v1/payments",
              R"({"customer_id":"1","amount_minor":1,"currency":"GBP","reference":")" +
                  std::string(129, 'r') + "\"}",
              "reference"},
             {"/v1/credits", R"({"customer_id":"1","currency":"GBP"})", "amount_minor"},
             {"/v1/payments/pay_1/refunds", R"({"amount_minor":1,"payment_id":"pay_2"})", "payment_id"},
             {"/v1/payments/pay_1/refunds", R"({"amount_minor":1,"currency":"GBP"})", "currency"},
             {"/v1/payments/pay_1/refunds", R"({"reason":"x"})", "amount_minor"}};
  for (const auto& [path, body, named] : bad) {
    CAPTURE(body);
    const auto answer = service.post(path, "k", body);
    CHECK(answer.status == 400);
    CHECK(text_of(answer).find(named) != std::string::npos);
  }
  CHECK(text_of(service.get("/v1/ledger/balance")).find("\"payments\":{\"count\":0") != std::string::npos);
}

TEST_CASE("texts come back as they were sent", "[unit][payment]") {
  running_payment service;
  int n = 0;
  for (const auto* text : {R"(')", R"('; DROP TABLE operations; --)", R"(\"\\\n\u001b)",
                           "\xE2\x82\xAC \xF0\x9F\x92\xB8", "<script>", "%00 %n"}) {
    const auto answer = service.post("/v1/payments", "k" + std::to_string(++n),
                                     R"({"customer_id":"1","amount_minor":1,"currency":"GBP","reference":")" +
                                         std::string(text) + "\"}");
    CAPTURE(text);
    REQUIRE(answer.status == 201);
    const auto expected = R"("reference":")" + std::string(text) + "\",";
    CHECK(text_of(answer).find(expected) != std::string::npos);
    CHECK(text_of(service.get(location_of(answer))) == text_of(answer));
  }
}

TEST_CASE("the balance is of the currency that is asked for, GBP by default", "[unit][payment]") {
  running_payment service;
  CHECK(text_of(service.get("/v1/ledger/balance?currency=EUR"))
            .starts_with(R"({"currency":"EUR","payments":{"count":0,)"));
  for (const auto* target :
       {"/v1/ledger/balance?currency=", "/v1/ledger/balance?currency=eur", "/v1/ledger/balance?currency=XXX",
        "/v1/ledger/balance?currency=EUR%00", "/v1/ledger/balance?currency=EURO"})
    CHECK(service.get(target).status == 400);
}

TEST_CASE("C-53: a body must say that it is JSON in UTF-8", "[unit][payment]") {
  running_payment service;
  const auto post = [&](const running_payment::field_list& fields) {
    return service.ask(http::method::post, "/v1/payments", "k", fields, invoice).status;
  };
  CHECK(post({}) == 415);
  CHECK(post({{"Content-Type", "text/plain"}}) == 415);
  CHECK(post({{"Content-Type", "application/json"}, {"content-type", "application/json"}}) == 415);
  CHECK(post({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}) == 415);
  const auto refused = service.ask(http::method::post, "/v1/payments", "k", {}, invoice);
  CHECK(refused.content_type == "application/problem+json");
  CHECK(post({{"content-type", "application/json; charset=utf-8"}}) == 201);
}

TEST_CASE("the routes state their rules", "[unit][payment]") {
  running_payment service;
  std::size_t writes = 0;
  const auto& routes = service.tier->routes();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto& route = routes.at(i);
    CHECK_FALSE(route.may_compress); // what a payment says is the payer's
    if (!route.needs_idempotency_key) continue;
    ++writes;
    CHECK(route.timeout == std::chrono::seconds(10));
    CHECK(route.priority == actor::priority::high);
  }
  CHECK(routes.size() == 5);
  CHECK(writes == 3);
}
