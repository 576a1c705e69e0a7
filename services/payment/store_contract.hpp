#pragma once

#include "platform/base/result.hpp"
#include "services/payment/contract.hpp"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace troupe::payment {

/// A write for the ledger. The request has been checked.
struct ledger_write {
  base::time_point deadline; ///< not begun after it
  std::string key;           ///< 1..255 bytes
  std::variant<v1::CreatePaymentRequest, v1::CreateRefundRequest, v1::CreateCreditRequest> request;
};

/// Requests in a batch at most, and in a group, which may be a batch more.
inline constexpr std::size_t most_in_batch = 1024;

/// Writes that travel together, in the order in which they came. They are committed together or not at all.
struct write_batch {
  std::vector<ledger_write> writes; ///< 1..most_in_batch
};

/// What has become of the writes of a batch: one result each, in their order. Errors as in `payment_actor`,
/// without invalid_argument and conflict.
struct batch_outcomes {
  std::vector<base::result<v1::Outcome>> outcomes;
};

/// The store actor to itself: the batches that wait are to be committed.
struct commit_group {};

/// The payment actor to itself: the writes that have gathered are to be sent to the store.
struct send_batch {};

} // namespace troupe::payment

CAF_BEGIN_TYPE_ID_BLOCK(troupe_payment_store, troupe::actor::type_ids::payment + 25)
CAF_ADD_TYPE_ID(troupe_payment_store, (troupe::payment::write_batch))
CAF_ADD_TYPE_ID(troupe_payment_store, (troupe::payment::batch_outcomes))
CAF_ADD_TYPE_ID(troupe_payment_store, (troupe::payment::commit_group))
CAF_ADD_TYPE_ID(troupe_payment_store, (troupe::payment::send_batch))
CAF_END_TYPE_ID_BLOCK(troupe_payment_store)

TROUPE_LOCAL_MESSAGE(troupe::payment::write_batch)
TROUPE_LOCAL_MESSAGE(troupe::payment::batch_outcomes)
TROUPE_LOCAL_MESSAGE(troupe::payment::commit_group)
TROUPE_LOCAL_MESSAGE(troupe::payment::send_batch)

namespace troupe::payment {

/// Writes to the ledger; one actor a store, service "payment-store".
using payment_store_actor =
    caf::typed_actor<
        // A reply comes after the commit. The envelope's deadline is the latest of the writes'; its trace is
        // the first one's. Errors, which are those of every write of it: deadline_exceeded (not begun);
        // unavailable (the store ended meanwhile: not known).
        caf::result<batch_outcomes>(actor::envelope, write_batch),
        // From itself only.
        caf::result<void>(commit_group)>;

/// Reads the ledger on a connection of its own; service "payment-reader". Whoever has been answered by the
/// store finds his write.
using payment_reader_actor = caf::typed_actor<
    // Errors: not_found, unavailable. Idempotent.
    caf::result<v1::Document>(actor::envelope, v1::GetPaymentRequest),
    // The currency has been checked. Errors: unavailable. Idempotent.
    caf::result<v1::Document>(actor::envelope, v1::GetBalanceRequest)>;

} // namespace troupe::payment
