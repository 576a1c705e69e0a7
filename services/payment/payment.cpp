#include "services/payment/payment.hpp"

#include "services/payment/model.hpp"

#include <caf/send.hpp>
#include <caf/timespan.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace troupe::payment {

namespace {

using base::errc;

constexpr auto publish_every = std::chrono::milliseconds(200);
constexpr auto publish_within = std::chrono::seconds(1);
constexpr std::uint32_t most_published = 1'000'000; // the bound of PublishedCounts
constexpr std::size_t longest_key = 255;

/// A service's replica, looked up again only when the service has changed.
template <class Handle>
class replica {
 public:
  explicit replica(actor::service<Handle> service) : service_(std::move(service)) {}

  /// Null while the service is down.
  const Handle* find() {
    if (!service_) return nullptr;
    if (const auto version = service_.slot()->version(); version != version_) {
      handles_ = service_.handles();
      version_ = version;
    }
    return handles_.empty() ? nullptr : &handles_.front();
  }

 private:
  actor::service<Handle> service_;
  std::vector<Handle> handles_;
  std::uint64_t version_ = 0;
};

ending ending_of(const caf::error& error) {
  switch (actor::from_caf(error).code) {
  case errc::invalid_argument:
  case errc::unprocessable:
  case errc::not_found:
    return ending::refused;
  case errc::conflict:
    return ending::conflict;
  default:
    return ending::failed;
  }
}

/// The text that two writes share exactly when they have scope and key in common: a key has no NUL.
template <class Request>
std::string running_key(const Request& request, const std::string& key) {
  std::string text;
  if constexpr (std::is_same_v<Request, v1::CreateRefundRequest>) {
    text.assign("p").append(request.payment_id());
  } else {
    text.assign("c").append(request.customer_id());
  }
  return text.append(1, '\0').append(key);
}

class desk {
 public:
  desk(payment_impl::pointer self, const payment_metrics& metrics, const payment_links& links)
      : self_(self), metrics_(metrics), store_(links.store), reader_(links.reader), stats_(links.stats) {}

  /// `own`: this desk, kept while the write runs.
  template <class Request>
  caf::result<v1::Outcome> write(std::shared_ptr<desk> own, operation_kind kind,
                                 const actor::envelope& envelope, const Request& request) {
    auto refuse = [&](base::error why) -> caf::error {
      auto error = actor::to_caf(std::move(why));
      metrics_.writes(kind, ending_of(error)).add();
      return error;
    };
    if (auto ok = check_key(envelope.idempotency_key); ok.has_error()) return refuse(ok.error());
    if (auto ok = check(request); ok.has_error()) return refuse(ok.error());
    const auto* store = store_.find();
    if (!store)
      return refuse(base::fail(errc::unavailable, "the payment store is not running: not recorded"));
    const auto [place, is_first] = running_.insert(running_key(request, envelope.idempotency_key));
    const auto* held = &*place; // stays where it is while others come and go
    if (!is_first)
      return refuse(
          base::fail(errc::conflict, "a request with this Idempotency-Key is running: try again later"));

    auto forwarded = envelope;
    forwarded.sent = base::clock::now();
    auto answer = self_->make_response_promise<v1::Outcome>();
    // Without a time-out, so that the key is held until it is known how the write ended. The answer always
    // comes: when the store actor ends, CAF answers for it.
    self_->request(*store, caf::infinite, std::move(forwarded), request)
        .then(
            [own, kind, answer, held](v1::Outcome& outcome) mutable {
              own->ended(kind, held, outcome.replayed() ? ending::replayed : ending::created);
              answer.deliver(std::move(outcome));
            },
            [own, kind, answer, held](caf::error& error) mutable {
              own->ended(kind, held, ending_of(error));
              answer.deliver(std::move(error));
            });
    return answer;
  }

  template <class Request>
  caf::result<v1::Document> read(const actor::envelope& envelope, const Request& request) {
    const auto* reader = reader_.find();
    if (!reader) return actor::to_caf(base::fail(errc::unavailable, "the payment reader is not running"));
    auto forwarded = envelope;
    forwarded.sent = base::clock::now();
    return self_->delegate(*reader, std::move(forwarded), request);
  }

  void publish() {
    is_tick_sent_ = false;
    const auto* stats = stats_.find();
    const auto payments = std::min(std::exchange(captured_, 0), most_published);
    if (!stats || payments == 0) return;
    actor::envelope envelope;
    envelope.sent = base::clock::now();
    envelope.deadline = envelope.sent + publish_within;
    envelope.priority = actor::priority::low;
    stats::v1::PublishedCounts counts;
    counts.set_payments(payments);
    caf::anon_send(*stats, std::move(envelope), std::move(counts));
  }

 private:
  static base::result<void> check_key(std::string_view key) {
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
    if (!key.empty() && key.size() <= longest_key && std::all_of(key.begin(), key.end(), is_plain)) return {};
    return base::fail(errc::invalid_argument, "idempotency_key: must be 1 to 255 printable ASCII characters");
  }

  void ended(operation_kind kind, const std::string* held, ending e) {
    running_.erase(running_.find(*held));
    metrics_.writes(kind, e).add();
    if (kind != operation_kind::payment || e != ending::created || captured_ == most_published) return;
    ++captured_;
    if (is_tick_sent_ || !stats_.find()) return;
    is_tick_sent_ = true;
    self_->delayed_send(self_, caf::timespan(publish_every), actor::tick{});
  }

  payment_impl::pointer self_;
  payment_metrics metrics_;
  replica<payment_store_actor> store_;
  replica<payment_reader_actor> reader_;
  replica<stats::stats_actor> stats_;
  std::unordered_set<std::string> running_; // scope and key of the writes in flight
  std::uint32_t captured_ = 0;              // payments since the last publication
  bool is_tick_sent_ = false;
};

} // namespace

payment_metrics::payment_metrics(metrics::registry& registry) : service(registry, "payment", 0), written{} {
  static constexpr std::array kinds{"payment", "refund", "credit"};
  static constexpr std::array<const char*, ending_count> endings{"created", "replayed", "refused", "conflict",
                                                                 "failed"};
  for (std::size_t i = 0; i < written.size(); ++i) {
    written[i] = &registry.counter(
        "troupe_payment_writes_total", "Payments, refunds and credits asked for, by how they ended.",
        {{"kind", kinds[i / ending_count]}, {"outcome", endings[i % ending_count]}});
  }
}

payment_impl::behavior_type payment(payment_impl::pointer self, const payment_metrics& metrics,
                                    const payment_links& links) {
  auto state = std::make_shared<desk>(self, metrics, links);
  return actor::serve<payment_impl>(
      self, metrics.service,
      [state](const actor::envelope& envelope, const v1::CreatePaymentRequest& request) {
        return state->write(state, operation_kind::payment, envelope, request);
      },
      [state](const actor::envelope& envelope, const v1::GetPaymentRequest& request) {
        return state->read(envelope, request);
      },
      [state](const actor::envelope& envelope, const v1::CreateRefundRequest& request) {
        return state->write(state, operation_kind::refund, envelope, request);
      },
      [state](const actor::envelope& envelope, const v1::CreateCreditRequest& request) {
        return state->write(state, operation_kind::credit, envelope, request);
      },
      [state](const actor::envelope& envelope,
              const v1::GetBalanceRequest& request) -> caf::result<v1::Document> {
        if (auto ok = check(request); ok.has_error()) return actor::to_caf(ok.error());
        return state->read(envelope, request);
      },
      [state](actor::tick) { state->publish(); });
}

} // namespace troupe::payment
