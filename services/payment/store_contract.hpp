#pragma once

#include "services/payment/contract.hpp"

namespace troupe::payment {

/// The store actor to itself: the writes that wait are to be committed.
struct commit_batch {};

} // namespace troupe::payment

CAF_BEGIN_TYPE_ID_BLOCK(troupe_payment_store, troupe::actor::type_ids::payment + 25)
CAF_ADD_TYPE_ID(troupe_payment_store, (troupe::payment::commit_batch))
CAF_END_TYPE_ID_BLOCK(troupe_payment_store)

TROUPE_LOCAL_MESSAGE(troupe::payment::commit_batch)

namespace troupe::payment {

/// Writes to the ledger; one actor a store, service "payment-store". The requests have been checked. A reply
/// comes after the commit. Errors as in `payment_actor`, without invalid_argument and conflict.
using payment_store_actor =
    caf::typed_actor<caf::result<v1::Outcome>(actor::envelope, v1::CreatePaymentRequest),
                     caf::result<v1::Outcome>(actor::envelope, v1::CreateRefundRequest),
                     caf::result<v1::Outcome>(actor::envelope, v1::CreateCreditRequest),
                     // From itself only.
                     caf::result<void>(commit_batch)>;

/// Reads the ledger on a connection of its own; service "payment-reader". Whoever has been answered by the
/// store finds his write.
using payment_reader_actor = caf::typed_actor<
    // Errors: not_found, unavailable. Idempotent.
    caf::result<v1::Document>(actor::envelope, v1::GetPaymentRequest),
    // The currency has been checked. Errors: unavailable. Idempotent.
    caf::result<v1::Document>(actor::envelope, v1::GetBalanceRequest)>;

} // namespace troupe::payment
