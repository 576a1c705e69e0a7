#include "services/payment/service.hpp"

#include "platform/actor/ask_all.hpp"
#include "services/payment/payment.hpp"
#include "services/payment/routes.hpp"
#include "services/payment/store_actor.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::payment {

namespace {

constexpr std::chrono::seconds longest_publication{2}; // of the last payments, when the process stops

/// An opened part of the store, or a start that fails with the reason.
template <class Opened>
std::shared_ptr<Opened> opened_or_throw(base::result<Opened>&& opened) {
  if (opened.has_error()) throw std::runtime_error("payment: " + opened.error().detail);
  return std::make_shared<Opened>(std::move(*opened));
}

} // namespace

void register_types() {
  caf::init_global_meta_objects<caf::id_block::troupe_payment>();
  caf::init_global_meta_objects<caf::id_block::troupe_payment_store>();
}

void start(app::tier& tier) {
  const auto file = tier.data_dir() / "payments.sqlite";
  // The actors wait for the disk, so each has a thread of its own. One writer: the groups are its
  // transactions.
  const auto store = tier.supervise<payment_store_actor>("payment-store", {}, [&tier, file](std::size_t) {
    auto ledger = opened_or_throw(ledger_store::open(file, {}));
    return tier.system().spawn<caf::detached>(store_actor, std::move(ledger), store_metrics(tier.metrics()),
                                              store_clocks{});
  });
  const auto reader = tier.supervise<payment_reader_actor>("payment-reader", {}, [&tier, file](std::size_t) {
    auto ledger = opened_or_throw(ledger_reader::open(file));
    return tier.system().spawn<caf::detached>(reader_actor, std::move(ledger),
                                              actor::service_metrics(tier.metrics(), "payment-reader", 0));
  });
  const payment_links links{store, reader, tier.find<stats::stats_actor>("stats")};
  // One replica, whoever asks: two requests with the same key must meet.
  const auto payments =
      tier.supervise<payment_impl>("payment", {}, [&tier, links](std::size_t) {
        return tier.system().spawn(payment, payment_metrics(tier.metrics()), links);
      });
  add_routes(tier.routes(), actor::service<payment_actor>(payments.slot()));
  tier.before_stop([&system = tier.system(), payments] { actor::ask_all(system, payments, longest_publication, actor::tick{}); });
  tier.offer("payment", "/v1/ledger/balance",
             "totals of payments, refunds and credits, and the sum of the ledger");
}

} // namespace troupe::payment
