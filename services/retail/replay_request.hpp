#pragma once

#include "services/retail/invoice_set.hpp"
#include "services/retail/replay_plan.hpp"

#include <string>
#include <string_view>

namespace troupe::retail {

/// The HTTP/1.1 request of a job, head and body, ready to be written: POST /v1/payments and /v1/credits with
/// the InvoiceNo as Idempotency-Key (a string of RFC 8941 section 3.3.3), POST /v1/events with ids
/// InvoiceNo-LINE. `authority` is the Host field. Appends nothing that a quote or control character in the
/// data could break out of.
[[nodiscard]] std::string to_request(const replay_job& job, const invoice_set& from,
                                     std::string_view authority);

/// What a job is called in messages: "payment 536365", "credit C536379", "events 536365-1 to 536370-4".
[[nodiscard]] std::string describe(const replay_job& job, const invoice_set& from);

} // namespace troupe::retail
