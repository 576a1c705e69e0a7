#include "services/retail/replay_request.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::retail {
namespace {

std::string headers(const std::string& path, const std::string& key, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: shop:8080\r\nUser-Agent: troupe-replay\r\nAccept: application/json\r\n" +
         "Content-Type: application/json\r\n" + key + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

} // namespace

TEST_CASE("replay request: a payment carries its InvoiceNo as key and reference, and guest for an unknown "
          "customer") {
  invoice_set set;
  REQUIRE_FALSE(set.add({"536365", "A", "", 6, 2'550'000, "17850"}, 2));
  REQUIRE_FALSE(set.add({"C536379", "D", "", -1, 27'500'000, ""}, 3));
  replay_plan plan(set, 0);
  CHECK(to_request(*plan.next(), set, "shop:8080") ==
        headers("/v1/payments", "Idempotency-Key: \"536365\"\r\n",
                R"({"customer_id":"17850","amount_minor":1530,"currency":"GBP","reference":"536365"})"));
  CHECK(to_request(*plan.next(), set, "shop:8080") ==
        headers("/v1/credits", "Idempotency-Key: \"C536379\"\r\n",
                R"({"customer_id":"guest","amount_minor":2750,"currency":"GBP","reference":"C536379"})"));
}

TEST_CASE("replay request: events are named InvoiceNo-LINE and carry no key") {
  invoice_set set;
  REQUIRE_FALSE(set.add({"536365", "85123A", "", 6, 2'550'000, "17850"}, 2));
  REQUIRE_FALSE(set.add({"536365", "D", "", -1, 1'000'000, "17850"}, 3));
  REQUIRE_FALSE(set.add({"536365", "BANK \"CHARGES\"", "", 2, 1'000'000, "17850"}, 4));
  replay_plan plan(set, 0);
  plan.finish(*plan.next(), true);
  CHECK(to_request(*plan.next(), set, "shop:8080") ==
        headers("/v1/events", "",
                R"({"events":[{"id":"536365-1","type":"purchase","product_id":"85123A","quantity":6},)"
                R"({"id":"536365-3","type":"purchase","product_id":"BANK \"CHARGES\"","quantity":2}]})"));
}

TEST_CASE("replay request: quotes and backslashes in a number stay inside the key's string") {
  invoice_set set;
  REQUIRE_FALSE(set.add({R"(1"\)", "A", "", 1, 1'000'000, ""}, 2));
  replay_plan plan(set, 0);
  const auto text = to_request(*plan.next(), set, "shop:8080");
  CHECK_THAT(text, Catch::Contains("\r\nIdempotency-Key: \"1\\\"\\\\\"\r\n"));
  CHECK_THAT(text, Catch::Contains(R"("reference":"1\"\\"})"));
}

} // namespace troupe::retail
