#pragma once

#include "platform/base/result.hpp"
#include "platform/http/request.hpp"
#include "platform/server/routes.hpp"
#include "services/payment/contract.hpp"

namespace troupe::payment {

/// POST /v1/payments, GET /v1/payments/{id}, POST /v1/payments/{id}/refunds, POST /v1/credits, GET
/// /v1/ledger/balance.
void add_routes(server::routes& routes, const actor::service<payment_actor>& payments);

} // namespace troupe::payment
