#pragma once

#include "platform/actor/serve.hpp"
#include "platform/actor/service.hpp"
#include "platform/metrics/registry.hpp"
#include "services/payment/contract.hpp"
#include "services/payment/identifier.hpp"
#include "services/payment/store_contract.hpp"
#include "services/stats/contract.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::payment {

/// The payment actor as it is inside: with the tick by which it publishes, and the message by which it sends
/// what has gathered to the store.
using payment_impl = payment_actor::extend<caf::result<void>(actor::tick), caf::result<void>(send_batch)>;

/// How a write ended, a label of its counter.
enum class ending : std::uint8_t { created, replayed, refused, conflict, failed };
inline constexpr std::size_t ending_count = 5;

/// What is measured of the payment actor.
struct payment_metrics {
  explicit payment_metrics(metrics::registry& registry);

  [[nodiscard]] metrics::counter& writes(operation_kind kind, ending e) const noexcept {
    return *written[(static_cast<std::size_t>(kind) - 1) * ending_count + static_cast<std::size_t>(e)];
  }

  actor::service_metrics service;
  std::array<metrics::counter*, 3 * ending_count> written;
};

/// Whom the payment actor asks and tells.
struct payment_links {
  actor::service<payment_store_actor> store;
  actor::service<payment_reader_actor> reader;
  actor::service<stats::stats_actor> stats; ///< may be empty
};

/// The actor in front of the ledger: checks requests, lets no two writes with the same key and scope run at
/// once, and sends those that have come together to the store as one batch: a message that it sends itself
/// comes behind those that are waiting already, so one write alone does not wait. It tells stats how many
/// payments it has taken (5 times a second at most, to be shed under load).
/// Memory: one entry for each write in flight, which the platform bounds.
[[nodiscard]] payment_impl::behavior_type payment(payment_impl::pointer self, const payment_metrics& metrics,
                                                  const payment_links& links);

} // namespace troupe::payment
