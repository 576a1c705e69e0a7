#include "services/payment/routes.hpp"

#include "platform/base/bytes.hpp"
#include "platform/json/message.hpp"
#include "platform/server/json_only.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace troupe::payment {

namespace {

constexpr auto write_timeout = std::chrono::seconds(10);
constexpr auto balance_timeout =
    std::chrono::seconds(10); // the first one after a start reads the whole ledger
constexpr std::string_view default_currency = "GBP";

template <class Request>
base::result<Request> decode_body(const http::request& request) {
  Request message;
  if (auto ok = json::decode(request.body, message); ok.has_error()) return ok.error();
  return message;
}

base::result<v1::CreateRefundRequest> decode_refund(const http::request& request) {
  auto message = decode_body<v1::CreateRefundRequest>(request);
  if (message.has_value()) message->set_payment_id(std::string(request.parameter("id")));
  return message;
}

base::result<v1::GetPaymentRequest> decode_get(const http::request& request) {
  v1::GetPaymentRequest message;
  message.set_id(std::string(request.parameter("id")));
  return message;
}

base::result<v1::GetBalanceRequest> decode_balance(const http::request& request) {
  v1::GetBalanceRequest message;
  message.set_currency(request.query_parameter("currency").value_or(std::string(default_currency)));
  return message;
}

http::response encode_outcome(const v1::Outcome& outcome) {
  auto r =
      http::json_response(static_cast<std::uint16_t>(outcome.status()), base::shared_bytes(outcome.body()));
  if (!outcome.location().empty()) r.add_field("Location", outcome.location());
  return r;
}

http::response encode_document(const v1::Document& document) {
  return http::json_response(200, base::shared_bytes(document.body()));
}

} // namespace

void add_routes(server::routes& routes, const actor::service<payment_actor>& payments) {
  const auto add_write = [&](std::string_view pattern, auto decode) {
    routes.post(pattern, server::json_only(server::call(payments, decode, &encode_outcome)))
        .requires_idempotency_key()
        .within(write_timeout)
        .with_priority(actor::priority::high);
  };
  add_write("/v1/payments", &decode_body<v1::CreatePaymentRequest>);
  add_write("/v1/payments/{id}/refunds", &decode_refund);
  add_write("/v1/credits", &decode_body<v1::CreateCreditRequest>);
  routes.get("/v1/payments/{id}", server::call(payments, &decode_get, &encode_document)).bears_secrets();
  routes.get("/v1/ledger/balance", server::call(payments, &decode_balance, &encode_document))
      .within(balance_timeout)
      .bears_secrets();
}

} // namespace troupe::payment
