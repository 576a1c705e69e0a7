#pragma once

#include "platform/actor/type_ids.hpp"

#include "payment/v1/payment.pb.h"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

CAF_BEGIN_TYPE_ID_BLOCK(troupe_payment, troupe::actor::type_ids::payment)
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::CreatePaymentRequest))
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::GetPaymentRequest))
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::CreateRefundRequest))
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::CreateCreditRequest))
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::GetBalanceRequest))
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::Outcome))
CAF_ADD_TYPE_ID(troupe_payment, (troupe::payment::v1::Document))
CAF_END_TYPE_ID_BLOCK(troupe_payment)

TROUPE_LOCAL_MESSAGE(troupe::payment::v1::CreatePaymentRequest)
TROUPE_LOCAL_MESSAGE(troupe::payment::v1::GetPaymentRequest)
TROUPE_LOCAL_MESSAGE(troupe::payment::v1::CreateRefundRequest)
TROUPE_LOCAL_MESSAGE(troupe::payment::v1::CreateCreditRequest)
TROUPE_LOCAL_MESSAGE(troupe::payment::v1::GetBalanceRequest)
TROUPE_LOCAL_MESSAGE(troupe::payment::v1::Outcome)
TROUPE_LOCAL_MESSAGE(troupe::payment::v1::Document)

namespace troupe::payment {

/// Amounts are counts of the currency's minor unit, 1..2^63-1.
///
/// Every write needs an idempotency key in its envelope and is done at most once under it, within its scope:
/// the customer for payments and credits, the payment for refunds. Keys do not expire. A key that has written
/// something answers the same request with the same outcome for ever, and any other request with
/// `unprocessable`. A request that was refused or failed has written nothing and leaves its key free.
///
/// Errors of every write: invalid_argument (a field, or no key); conflict (a request with this key and scope
/// is running); unprocessable (the key was used for another request); deadline_exceeded (not begun);
/// unavailable (not recorded, or, when the store ended meanwhile, not known: the same request with the same
/// key finds out and is safe).
using payment_actor = caf::typed_actor<
    // Takes a payment from a customer. Errors: those of every write. Idempotent under its key.
    caf::result<v1::Outcome>(actor::envelope, v1::CreatePaymentRequest),
    // A payment as it is now. Errors: not_found, unavailable. Idempotent.
    caf::result<v1::Document>(actor::envelope, v1::GetPaymentRequest),
    // Gives back a part of a payment or all of it. Errors: those of every write; not_found (no such payment);
    // unprocessable (more than is left of the payment). Idempotent under its key.
    caf::result<v1::Outcome>(actor::envelope, v1::CreateRefundRequest),
    // Gives a customer money. Errors: those of every write. Idempotent under its key.
    caf::result<v1::Outcome>(actor::envelope, v1::CreateCreditRequest),
    // Totals of a currency, and the sum of all its ledger entries, which is 0. Errors: invalid_argument (the
    // currency), unavailable. Idempotent. Cost: O(entries since the last call); the first call after a start
    // reads all.
    caf::result<v1::Document>(actor::envelope, v1::GetBalanceRequest)>;

} // namespace troupe::payment
