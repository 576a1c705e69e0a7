#pragma once

#include "platform/server/routes.hpp"
#include "services/stats/contract.hpp"

#include <string>

namespace troupe::stats {

/// POST /v1/events: a batch as JSON (other types of content: 415), answered 202
/// {"accepted":1,"duplicates":0}. GET /v1/stats/top?metric=purchases|views&window=1m|1h|all&limit=1..100,
/// without them purchases, all and 10. GET /v1/stats/rates: averages over the last 60 s, with at most 3
/// decimals.
void add_routes(server::routes& routes, const actor::service<stats_actor>& stats);

/// The body of an answer to GET /v1/stats/rates.
[[nodiscard]] std::string rates_text(const v1::RatesReply& rates);

} // namespace troupe::stats
