#include "services/payment/payment.hpp"

#include "platform/base/keyed_hash.hpp"
#include "services/payment/model.hpp"
#include "services/payment/random.hpp"

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

class desk : public std::enable_shared_from_this<desk> {
 public:
  desk(payment_impl::pointer self, const payment_metrics& metrics, const payment_links& links)
      : self_(self), metrics_(metrics), store_(links.store), reader_(links.reader), stats_(links.stats) {
    const auto random = system_random();
    secret_ = {random(), random()};
  }

  template <class Request>
  caf::result<v1::Outcome> write(operation_kind kind, actor::envelope& envelope, Request& request) {
    auto refuse = [&](base::error why) -> caf::error {
      auto error = actor::to_caf(std::move(why));
      metrics_.writes(kind, ending_of(error)).add();
      return error;
    };
    if (auto ok = check_key(envelope.idempotency_key); ok.has_error()) return refuse(ok.error());
    if (auto ok = check(request); ok.has_error()) return refuse(ok.error());
    if (!store_.find()) return refuse(no_store());
    const auto slot = slot_of(request, envelope.idempotency_key);
    if (!running_.insert(slot).second)
      return refuse(
          base::fail(errc::conflict, "a request with this Idempotency-Key is running: try again later"));

    auto answer = self_->make_response_promise<v1::Outcome>();
    if (batch_.writes.empty()) trace_ = envelope.trace;
    batch_.writes.push_back({envelope.deadline, std::move(envelope.idempotency_key), std::move(request)});
    gathered_.push_back({kind, slot, answer});
    if (batch_.writes.size() == most_in_batch) {
      send();
    } else if (!is_send_asked_) {
      is_send_asked_ = true;
      // As urgent as the request, so that it comes right behind those that are waiting already.
      if (envelope.priority == actor::priority::high) {
        self_->send<caf::message_priority::high>(self_, send_batch{});
      } else {
        self_->send(self_, send_batch{});
      }
    }
    return answer;
  }

  void on_send_message() {
    is_send_asked_ = false;
    send();
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
  /// A write that has been begun, and whom it is for.
  struct begun_write {
    operation_kind kind = operation_kind::payment;
    std::uint64_t slot = 0;
    caf::typed_response_promise<v1::Outcome> answer;
  };
  using begun_writes = std::vector<begun_write>;

  static base::result<void> check_key(std::string_view key) {
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
    if (!key.empty() && key.size() <= longest_key && std::all_of(key.begin(), key.end(), is_plain)) return {};
    return base::fail(errc::invalid_argument, "idempotency_key: must be 1 to 255 printable ASCII characters");
  }

  static base::error no_store() {
    return base::fail(errc::unavailable, "the payment store is not running: not recorded");
  }

  /// The hash that two writes share when they have scope and key in common, for a key has no NUL; others
  /// share one in 2^64, and then the later one is told to try again.
  template <class Request>
  std::uint64_t slot_of(const Request& request, std::string_view key) {
    if constexpr (std::is_same_v<Request, v1::CreateRefundRequest>) {
      scratch_.assign("p").append(request.payment_id());
    } else {
      scratch_.assign("c").append(request.customer_id());
    }
    scratch_.append(1, '\0').append(key);
    return base::keyed_hash(secret_, scratch_);
  }

  void send() {
    if (batch_.writes.empty()) return;
    auto batch = std::exchange(batch_, {});
    auto begun = std::make_shared<begun_writes>(std::exchange(gathered_, {}));
    const auto* store = store_.find();
    if (!store) return fail_all(*begun, actor::to_caf(no_store()));
    actor::envelope envelope;
    envelope.sent = base::clock::now();
    envelope.trace = trace_;
    envelope.priority = actor::priority::high;
    envelope.deadline = std::ranges::max_element(batch.writes, {}, &ledger_write::deadline)->deadline;
    // Without a time-out, so that keys are held until it is known how their writes ended. The answer always
    // comes: when the store actor ends, CAF answers for it.
    self_->request(*store, caf::infinite, std::move(envelope), std::move(batch))
        .then([own = shared_from_this(),
               begun](batch_outcomes& told) { own->answer_all(*begun, told.outcomes); },
              [own = shared_from_this(), begun](const caf::error& error) { own->fail_all(*begun, error); });
  }

  void answer_all(begun_writes& begun, std::vector<base::result<v1::Outcome>>& outcomes) {
    for (std::size_t i = 0; i < begun.size(); ++i) {
      auto& outcome = outcomes.at(i);
      if (outcome.has_value()) {
        ended(begun[i], outcome->replayed() ? ending::replayed : ending::created);
        begun[i].answer.deliver(std::move(*outcome));
      } else {
        fail(begun[i], actor::to_caf(std::move(outcome).error()));
      }
    }
  }

  void fail_all(begun_writes& begun, const caf::error& error) {
    for (auto& write : begun) fail(write, error);
  }

  void fail(begun_write& write, const caf::error& error) {
    ended(write, ending_of(error));
    write.answer.deliver(error);
  }

  void ended(const begun_write& write, ending e) {
    running_.erase(write.slot);
    metrics_.writes(write.kind, e).add();
    if (write.kind != operation_kind::payment || e != ending::created || captured_ == most_published) return;
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
  base::hash_secret secret_;
  std::string scratch_;
  std::unordered_set<std::uint64_t> running_; // slots of the writes in flight
  write_batch batch_;                         // to be sent to the store
  begun_writes gathered_;                     // the same writes
  actor::trace_context trace_;                // of the first one
  bool is_send_asked_ = false;
  std::uint32_t captured_ = 0; // payments since the last publication
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
      [state](actor::envelope& envelope, v1::CreatePaymentRequest& request) {
        return state->write(operation_kind::payment, envelope, request);
      },
      [state](const actor::envelope& envelope, const v1::GetPaymentRequest& request) {
        return state->read(envelope, request);
      },
      [state](actor::envelope& envelope, v1::CreateRefundRequest& request) {
        return state->write(operation_kind::refund, envelope, request);
      },
      [state](actor::envelope& envelope, v1::CreateCreditRequest& request) {
        return state->write(operation_kind::credit, envelope, request);
      },
      [state](const actor::envelope& envelope,
              const v1::GetBalanceRequest& request) -> caf::result<v1::Document> {
        if (auto ok = check(request); ok.has_error()) return actor::to_caf(ok.error());
        return state->read(envelope, request);
      },
      [state](actor::tick) { state->publish(); }, [state](send_batch) { state->on_send_message(); });
}

} // namespace troupe::payment
