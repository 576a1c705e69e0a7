#include "services/payment/model.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::payment;

namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();

v1::CreatePaymentRequest payment_of(std::string customer, std::int64_t amount, std::string currency,
                                    std::string reference) {
  v1::CreatePaymentRequest request;
  request.set_customer_id(std::move(customer));
  request.set_amount_minor(amount);
  request.set_currency(std::move(currency));
  request.set_reference(std::move(reference));
  return request;
}

} // namespace

TEST_CASE("a payment within its bounds passes", "[unit][payment]") {
  const std::vector<v1::CreatePaymentRequest> good{
      payment_of("17850", 1, "GBP", ""),
      payment_of(std::string(64, 'c'), largest, "JPY", std::string(128, 'r')),
      payment_of("Zo\xC3\xAB '; DROP TABLE operations; --", 13912, "EUR", std::string("a\0b\n\x1b", 5))};
  for (const auto& request : good) CHECK(check(request).has_value());
}

TEST_CASE("a payment outside its bounds is refused with the field's name", "[unit][payment]") {
  const struct {
    v1::CreatePaymentRequest request;
    std::string field;
  } bad[] = {{payment_of("", 1, "GBP", ""), "customer_id"},
             {payment_of(std::string(65, 'c'), 1, "GBP", ""), "customer_id"},
             {payment_of(std::string("a\0b", 3), 1, "GBP", ""), "customer_id"},
             {payment_of("a\x7f", 1, "GBP", ""), "customer_id"},
             {payment_of("a\r\nb", 1, "GBP", ""), "customer_id"},
             {payment_of("a\xFF", 1, "GBP", ""), "customer_id"},
             {payment_of("a", 0, "GBP", ""), "amount_minor"},
             {payment_of("a", -1, "GBP", ""), "amount_minor"},
             {payment_of("a", std::numeric_limits<std::int64_t>::min(), "GBP", ""), "amount_minor"},
             {payment_of("a", 1, "", ""), "currency"},
             {payment_of("a", 1, "gbp", ""), "currency"},
             {payment_of("a", 1, "XXX", ""), "currency"},
             {payment_of("a", 1, "GBP", std::string(129, 'r')), "reference"},
             {payment_of("a", 1, "GBP", "\xC0\xAF"), "reference"}};
  for (const auto& [request, field] : bad) {
    CAPTURE(request.ShortDebugString());
    const auto said = check(request);
    REQUIRE(said.has_error());
    CHECK(said.error().code == base::errc::invalid_argument);
    CHECK(said.error().detail.starts_with(field + ": "));
  }
}

TEST_CASE("credits, refunds and balances are checked too", "[unit][payment]") {
  v1::CreateCreditRequest credit;
  credit.set_customer_id("17850");
  credit.set_amount_minor(5);
  credit.set_currency("GBP");
  CHECK(check(credit).has_value());
  credit.set_amount_minor(0);
  CHECK(check(credit).has_error());

  v1::CreateRefundRequest refund;
  refund.set_amount_minor(1);
  CHECK(check(refund).has_value());
  refund.set_reason(std::string(129, 'x'));
  CHECK(check(refund).has_error());
  refund.clear_reason();
  refund.set_amount_minor(0);
  CHECK(check(refund).has_error());

  v1::GetBalanceRequest balance_of;
  CHECK(check(balance_of).has_error());
  balance_of.set_currency("GBP");
  CHECK(check(balance_of).has_value());
}

TEST_CASE("the entries of an operation sum to zero, the customer's first", "[unit][payment]") {
  constexpr std::int64_t customer = accounts::first_customer + 3;
  for (const auto amount : {std::int64_t{1}, std::int64_t{13912}, largest}) {
    for (const auto kind : {operation_kind::payment, operation_kind::refund, operation_kind::credit}) {
      const auto [first, second] = postings(kind, customer, amount);
      CHECK(first.account == customer);
      CHECK(second.account < accounts::first_customer);
      CHECK(first.amount_minor + second.amount_minor == 0);
      CHECK(first.amount_minor == (kind == operation_kind::payment ? -amount : amount));
    }
  }
  CHECK(postings(operation_kind::payment, customer, 1)[1].account == accounts::sales);
  CHECK(postings(operation_kind::refund, customer, 1)[1].account == accounts::refunds);
  CHECK(postings(operation_kind::credit, customer, 1)[1].account == accounts::credits);
}

TEST_CASE("a refund may take what is left of the payment and no more", "[unit][payment]") {
  CHECK(check_refund(500, 0, 500).has_value());
  CHECK(check_refund(500, 499, 1).has_value());
  CHECK(check_refund(largest, 0, largest).has_value());
  CHECK(check_refund(largest, largest - 1, 1).has_value());
  for (const auto& [amount, refunded, asked] :
       std::vector<std::array<std::int64_t, 3>>{{500, 0, 501},
                                                {500, 499, 2},
                                                {500, 500, 1},
                                                {1, 0, largest},
                                                {largest, largest, 1},
                                                {largest, 1, largest}}) {
    const auto said = check_refund(amount, refunded, asked);
    REQUIRE(said.has_error());
    CHECK(said.error().code == base::errc::unprocessable);
  }
}

// These bytes are stored promises: a repeated write is answered with them in every later version.
TEST_CASE("the answers have the documented shapes", "[unit][payment]") {
  payment_view payment{.id = "pay_1",
                       .customer_id = "17850",
                       .amount_minor = 13912,
                       .currency = "GBP",
                       .reference = "536365",
                       .refunded_minor = 0,
                       .created_at = "2026-11-22T10:00:00.000000Z"};
  CHECK(document(payment) ==
        R"({"id":"pay_1","customer_id":"17850","amount_minor":13912,"currency":"GBP","reference":"536365",)"
        R"("status":"captured","refunded_minor":0,"created_at":"2026-11-22T10:00:00.000000Z"})");
  payment.refunded_minor = 1;
  CHECK(document(payment).find(R"("status":"partially_refunded","refunded_minor":1,)") != std::string::npos);
  payment.refunded_minor = 13912;
  CHECK(document(payment).find(R"("status":"refunded","refunded_minor":13912,)") != std::string::npos);

  CHECK(document(refund_view{.id = "ref_1",
                             .payment_id = "pay_1",
                             .amount_minor = 500,
                             .currency = "GBP",
                             .reason = "broken",
                             .created_at = "2026-11-22T10:00:00.000000Z"}) ==
        R"({"id":"ref_1","payment_id":"pay_1","amount_minor":500,"currency":"GBP","reason":"broken",)"
        R"("status":"succeeded","created_at":"2026-11-22T10:00:00.000000Z"})");
  CHECK(document(credit_view{.id = "crd_1",
                             .customer_id = "17850",
                             .amount_minor = 165,
                             .currency = "GBP",
                             .reference = "C536379",
                             .created_at = "2026-11-22T10:00:00.000000Z"}) ==
        R"({"id":"crd_1","customer_id":"17850","amount_minor":165,"currency":"GBP","reference":"C536379",)"
        R"("status":"issued","created_at":"2026-11-22T10:00:00.000000Z"})");
  CHECK(
      document("GBP",
               balance{.payments = {1, 13912}, .refunds = {}, .credits = {2, 7}, .entries_sum_minor = 0}) ==
      R"({"currency":"GBP","payments":{"count":1,"amount_minor":13912},"refunds":{"count":0,"amount_minor":0},)"
      R"("credits":{"count":2,"amount_minor":7},"entries_sum_minor":0})");
}

TEST_CASE("whatever text a client sends, the answer is JSON that holds it", "[unit][payment]") {
  const auto text = document(payment_view{.id = "i",
                                          .customer_id = "a\"b\\c",
                                          .amount_minor = largest,
                                          .currency = "GBP",
                                          .reference = "\n\x1b</script>\xE2\x82\xAC",
                                          .refunded_minor = 0,
                                          .created_at = "t"});
  CHECK(text ==
        "{\"id\":\"i\",\"customer_id\":\"a\\\"b\\\\c\",\"amount_minor\":9223372036854775807,\"currency\":"
        "\"GBP\","
        "\"reference\":\"\\n\\u001b</script>\xE2\x82\xAC\",\"status\":\"captured\",\"refunded_minor\":0,"
        "\"created_at\":\"t\"}");
}

TEST_CASE("sums above 64 bits are written with all their digits", "[unit][payment]") {
  const auto huge = static_cast<wide_sum>(largest) * 1000;
  const auto text = document(
      "GBP", balance{.payments = {1000, huge}, .refunds = {}, .credits = {}, .entries_sum_minor = -huge});
  CHECK(text.find(R"("payments":{"count":1000,"amount_minor":9223372036854775807000})") != std::string::npos);
  CHECK(text.find(R"("entries_sum_minor":-9223372036854775807000})") != std::string::npos);
}
