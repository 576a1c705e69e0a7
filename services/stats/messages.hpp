#pragma once

#include "services/stats/contract.hpp"
#include "services/stats/model.hpp"
#include "services/stats/rate_window.hpp"
#include "services/stats/shard_state.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// What the actors of this service say to each other. The service's own block of type ids is divided:
// contract.hpp begins it.
namespace troupe::stats {

inline constexpr caf::type_id_t own_types = actor::type_ids::stats + 25;

/// A part of a batch: the events of one shard, in the order of the batch.
struct shard_events {
  std::vector<event> events;
};

/// A part of a `PublishedCounts`.
struct shard_counts {
  std::vector<product_views> views;
  std::uint32_t payments = 0;
};

struct top_query {
  metric what = metric::views;
  window over = window::all;
};

struct top_part {
  std::size_t shard = 0;
  ranked_list items; ///< at most `most_items`; the same list as last time, as long as nothing near it changes
  std::uint64_t untracked = 0;
};

struct rates_query {};

/// Save what is unsaved now, and answer when it is.
struct flush {};

struct save_query {
  std::shared_ptr<const delta> what; ///< never null
};

struct load_query {
  std::size_t shard = 0;
};

struct loaded {
  std::shared_ptr<const snapshot> from; ///< never null
};

} // namespace troupe::stats

CAF_BEGIN_TYPE_ID_BLOCK(troupe_stats_own, troupe::stats::own_types)
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::shard_events))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::outcome))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::shard_counts))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::top_query))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::top_part))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::rates_query))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::rate_sums))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::flush))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::save_query))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::load_query))
  CAF_ADD_TYPE_ID(troupe_stats_own, (troupe::stats::loaded))
CAF_END_TYPE_ID_BLOCK(troupe_stats_own)

TROUPE_LOCAL_MESSAGE(troupe::stats::shard_events)
TROUPE_LOCAL_MESSAGE(troupe::stats::outcome)
TROUPE_LOCAL_MESSAGE(troupe::stats::shard_counts)
TROUPE_LOCAL_MESSAGE(troupe::stats::top_query)
TROUPE_LOCAL_MESSAGE(troupe::stats::top_part)
TROUPE_LOCAL_MESSAGE(troupe::stats::rates_query)
TROUPE_LOCAL_MESSAGE(troupe::stats::rate_sums)
TROUPE_LOCAL_MESSAGE(troupe::stats::flush)
TROUPE_LOCAL_MESSAGE(troupe::stats::save_query)
TROUPE_LOCAL_MESSAGE(troupe::stats::load_query)
TROUPE_LOCAL_MESSAGE(troupe::stats::loaded)

namespace troupe::stats {

/// Owns the file; runs detached, because it blocks.
using store_actor = caf::typed_actor<
    // Errors: as `stats_store::save`. Repeatable.
    caf::result<void>(save_query),
    // Errors: as `stats_store::load_one`. Idempotent.
    caf::result<loaded>(load_query)>;

/// Counts the products of its slots. Every request fails with `unavailable` while a restarted shard loads
/// what was saved.
using shard_actor = caf::typed_actor<
    // Errors: as `shard_state::count`. Repeatable.
    caf::result<outcome>(actor::envelope, shard_events),
    // Nobody waits for it. Not repeatable.
    caf::result<void>(actor::envelope, shard_counts),
    caf::result<top_part>(actor::envelope, top_query),
    caf::result<rate_sums>(actor::envelope, rates_query),
    // Errors: what the store said.
    caf::result<void>(flush),
    // Time to save; the shard sends it to itself.
    caf::result<void>(actor::tick)>;

} // namespace troupe::stats
