#include "services/payment/store_actor.hpp"

#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::payment {

namespace {

using base::errc;
using promise = caf::typed_response_promise<batch_outcomes>;

/// A batch that waits for the commit of its group.
struct pending_batch {
  std::vector<ledger_write> writes;
  promise answer;
};

base::result<verdict> apply(ledger_store& ledger, const ledger_write& write) {
  return std::visit(
      [&](const auto& request) {
        using type = std::remove_cvref_t<decltype(request)>;
        if constexpr (std::is_same_v<type, v1::CreatePaymentRequest>) {
          return ledger.pay(request, write.key);
        } else if constexpr (std::is_same_v<type, v1::CreateRefundRequest>) {
          return ledger.refund(request, write.key);
        } else {
          return ledger.credit(request, write.key);
        }
      },
      write.request);
}

base::error too_late() {
  return base::fail(errc::deadline_exceeded, "the request waited longer than its deadline allows");
}

base::error not_recorded() {
  return base::fail(errc::unavailable, "not recorded: try again with the same Idempotency-Key");
}

class group_commit {
 public:
  group_commit(std::shared_ptr<ledger_store> ledger, const store_metrics& metrics, store_clocks clocks)
      : ledger_(std::move(ledger)), metrics_(metrics), clocks_(std::move(clocks)) {}

  promise add(payment_store_actor::pointer self, write_batch& batch) {
    auto answer = self->make_response_promise<batch_outcomes>();
    writes_ += batch.writes.size();
    waiting_.push_back({std::move(batch.writes), answer});
    if (writes_ >= most_in_batch) {
      commit();
    } else if (!commit_is_sent_) {
      commit_is_sent_ = true;
      self->send(self, commit_group{});
    }
    return answer;
  }

  void on_commit_message() {
    commit_is_sent_ = false;
    commit();
  }

 private:
  void commit() {
    // A group that an exception leaves behind is gone with the actor: its promises then answer for
    // themselves.
    auto group = std::exchange(waiting_, {});
    const auto writes = std::exchange(writes_, 0);
    if (group.empty()) return;
    const auto began = clocks_.monotonic();
    std::vector<batch_outcomes> told(group.size());
    const auto recorded = record(group, told);
    if (recorded.has_error()) {
      ledger_->rollback();
      metrics_.failures->add();
      base::log::error("payments_not_recorded", {{"requests", writes}, {"reason", recorded.error().detail}});
      for (std::size_t i = 0; i < group.size(); ++i)
        told[i].outcomes.assign(group[i].writes.size(), not_recorded());
    } else {
      metrics_.commits->add();
      metrics_.operations->add(writes);
      metrics_.duration->record(clocks_.monotonic() - began);
    }
    for (std::size_t i = 0; i < group.size(); ++i) group[i].answer.deliver(std::move(told[i]));
  }

  /// Fills in what each write of the group is told once the group is committed.
  base::result<void> record(const std::vector<pending_batch>& group, std::vector<batch_outcomes>& told) {
    if (auto done = ledger_->begin(clocks_.wall()); done.has_error()) return done;
    const auto now = clocks_.monotonic();
    for (std::size_t i = 0; i < group.size(); ++i) {
      auto& outcomes = told[i].outcomes;
      outcomes.reserve(group[i].writes.size());
      for (const auto& write : group[i].writes) {
        if (write.deadline <= now) {
          outcomes.emplace_back(too_late());
          continue;
        }
        auto said = apply(*ledger_, write);
        if (said.has_error()) return said.error();
        if (said->refusal) {
          outcomes.emplace_back(std::move(*said->refusal));
        } else {
          outcomes.emplace_back(std::move(said->outcome));
        }
      }
    }
    return ledger_->commit();
  }

  std::shared_ptr<ledger_store> ledger_;
  store_metrics metrics_;
  store_clocks clocks_;
  std::vector<pending_batch> waiting_;
  std::size_t writes_ = 0; // in waiting_
  bool commit_is_sent_ = false;
};

v1::Document document_of(std::string body) {
  v1::Document d;
  d.set_body(std::move(body));
  return d;
}

} // namespace

store_metrics::store_metrics(metrics::registry& registry)
    : service(registry, "payment-store", 0),
      commits(&registry.counter("troupe_payment_commits_total",
                                "Groups of writes that the ledger has recorded.")),
      operations(
          &registry.counter("troupe_payment_committed_requests_total",
                            "Requests in recorded groups; divided by the commits, the size of a group.")),
      failures(&registry.counter("troupe_payment_commit_failures_total",
                                 "Groups of writes that could not be recorded and were answered 503.")),
      duration(&registry.histogram("troupe_payment_commit_seconds",
                                   "Time to write a group and to bring it to the disk.")) {}

payment_store_actor::behavior_type store_actor(payment_store_actor::pointer self,
                                               std::shared_ptr<ledger_store> ledger,
                                               const store_metrics& metrics, const store_clocks& clocks) {
  auto group = std::make_shared<group_commit>(std::move(ledger), metrics, clocks);
  return actor::serve<payment_store_actor>(
      self, metrics.service,
      [self, group](const actor::envelope&, write_batch& batch) { return group->add(self, batch); },
      [group](commit_group) { group->on_commit_message(); });
}

payment_reader_actor::behavior_type reader_actor(payment_reader_actor::pointer self,
                                                 std::shared_ptr<ledger_reader> ledger,
                                                 const actor::service_metrics& metrics) {
  return actor::serve<payment_reader_actor>(
      self, metrics,
      [ledger](const actor::envelope&, const v1::GetPaymentRequest& request) -> base::result<v1::Document> {
        auto body = ledger->payment(request.id());
        if (body.has_error()) return body.error();
        return document_of(std::move(*body));
      },
      [ledger](const actor::envelope&, const v1::GetBalanceRequest& request) -> base::result<v1::Document> {
        auto body = ledger->balance(request.currency());
        if (body.has_error()) return body.error();
        return document_of(std::move(*body));
      });
}

} // namespace troupe::payment
