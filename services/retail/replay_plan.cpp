#include "services/retail/replay_plan.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace troupe::retail {

std::size_t replay_job::events() const noexcept {
  return std::accumulate(runs.begin(), runs.end(), std::size_t{0},
                         [](std::size_t sum, const purchase_run& run) { return sum + run.count; });
}

std::uint64_t replay_totals::requests() const noexcept {
  constexpr auto batch = replay_plan::events_in_request;
  return payments + credits + (events + batch - 1) / batch;
}

replay_plan::replay_plan(const invoice_set& of, std::uint64_t invoice_limit)
    : of_(&of), end_(of.invoices().size()) {
  if (invoice_limit > 0) end_ = static_cast<std::size_t>(std::min<std::uint64_t>(end_, invoice_limit));
  totals_.invoices = end_;
  for (std::size_t i = 0; i < end_; ++i) {
    const auto& one = of.invoices()[i];
    const auto as = settle(one);
    if (as.kind == invoice_kind::payment) {
      ++totals_.payments;
      totals_.events += one.purchases.size();
    } else if (as.kind == invoice_kind::credit) {
      ++totals_.credits;
    } else {
      ++totals_.skipped[static_cast<std::size_t>(as.reason)];
    }
  }
}

std::optional<replay_job> replay_plan::next() {
  if (!halves_.empty()) {
    auto half = std::move(halves_.front());
    halves_.pop_front();
    return half;
  }
  if (waiting_events_ >= events_in_request) return next_events();
  while (cursor_ < end_) {
    const auto at = cursor_++;
    const auto as = settle(of_->invoices()[at]);
    if (as.kind == invoice_kind::skipped) continue;
    const bool is_payment = as.kind == invoice_kind::payment;
    payments_under_way_ += is_payment ? 1 : 0;
    return replay_job{is_payment ? request_kind::payment : request_kind::credit, at, as.amount_minor, {}};
  }
  // A request that is not full goes only when no payment can fill it any more.
  if (waiting_events_ > 0 && payments_under_way_ == 0) return next_events();
  return std::nullopt;
}

replay_job replay_plan::next_events() {
  replay_job job;
  job.kind = request_kind::events;
  for (auto room = events_in_request; room > 0 && !waiting_.empty();) {
    auto& front = waiting_.front();
    const auto count = std::min(room, front.count);
    job.runs.push_back({front.invoice, front.first, count});
    front.first += count;
    front.count -= count;
    room -= count;
    waiting_events_ -= count;
    if (front.count == 0) waiting_.pop_front();
  }
  return job;
}

bool replay_plan::split(const replay_job& refused) {
  const auto all = refused.events();
  if (all < 2) return false;
  replay_job first{request_kind::events, 0, 0, {}};
  auto second = first;
  auto room = all / 2;
  for (const auto& run : refused.runs) {
    const auto count = std::min(room, run.count);
    room -= count;
    if (count > 0) first.runs.push_back({run.invoice, run.first, count});
    if (count < run.count) second.runs.push_back({run.invoice, run.first + count, run.count - count});
  }
  halves_.push_back(std::move(first));
  halves_.push_back(std::move(second));
  return true;
}

void replay_plan::finish(const replay_job& job, bool was_taken) {
  if (job.kind != request_kind::payment) return;
  --payments_under_way_;
  const auto count = of_->invoices()[job.invoice].purchases.size();
  if (!was_taken || count == 0) return;
  waiting_.push_back({job.invoice, 0, count});
  waiting_events_ += count;
}

bool replay_plan::is_done() const noexcept {
  return cursor_ == end_ && payments_under_way_ == 0 && waiting_events_ == 0 && halves_.empty();
}

} // namespace troupe::retail
