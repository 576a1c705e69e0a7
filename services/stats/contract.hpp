#pragma once

#include "platform/actor/type_ids.hpp"
#include "platform/base/bytes.hpp"
#include "stats/v1/stats.pb.h"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

namespace troupe::stats {

/// The largest values as they are answered.
struct top_view {
  base::shared_bytes body; ///< a `v1::TopReply` as JSON
};

} // namespace troupe::stats

CAF_BEGIN_TYPE_ID_BLOCK(troupe_stats, troupe::actor::type_ids::stats)
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::v1::PublishEventsRequest))
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::v1::PublishEventsReply))
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::v1::TopRequest))
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::top_view))
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::v1::RatesRequest))
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::v1::RatesReply))
  CAF_ADD_TYPE_ID(troupe_stats, (troupe::stats::v1::PublishedCounts))
CAF_END_TYPE_ID_BLOCK(troupe_stats)

TROUPE_LOCAL_MESSAGE(troupe::stats::v1::PublishEventsRequest)
TROUPE_LOCAL_MESSAGE(troupe::stats::v1::PublishEventsReply)
TROUPE_LOCAL_MESSAGE(troupe::stats::v1::TopRequest)
TROUPE_LOCAL_MESSAGE(troupe::stats::top_view)
TROUPE_LOCAL_MESSAGE(troupe::stats::v1::RatesRequest)
TROUPE_LOCAL_MESSAGE(troupe::stats::v1::RatesReply)
TROUPE_LOCAL_MESSAGE(troupe::stats::v1::PublishedCounts)

namespace troupe::stats {

using stats_actor = caf::typed_actor<
    // Counts a batch of 1..1,000 events, each once by its id and product. Repeatable: after any error send
    // the batch again as it was, what had been counted of it is then answered as duplicates.
    // Errors: invalid_argument with the field's path (nothing is counted); unavailable while a shard restarts
    // or cannot save what it has counted (a part of the batch may have been counted).
    caf::result<v1::PublishEventsReply>(actor::envelope, v1::PublishEventsRequest),
    // The products with the largest values. Errors: invalid_argument (metric, window or limit), unavailable.
    // Idempotent.
    caf::result<top_view>(actor::envelope, v1::TopRequest),
    // Averages over the last 60 s. Errors: unavailable. Idempotent.
    caf::result<v1::RatesReply>(actor::envelope, v1::RatesRequest),
    // Counts gathered by another service. Nobody waits for it and nothing is answered: send it with
    // `caf::anon_send` to any of the service's handles, and rarely (add up for 100 ms or more). Under load it
    // is shed: give the envelope `sent` = now and a deadline of about 1 s, after which it is dropped unread.
    // Not idempotent: never send it again.
    caf::result<void>(actor::envelope, v1::PublishedCounts)>;

} // namespace troupe::stats
