#pragma once

#include "services/retail/invoice_set.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace troupe::retail {

/// What a replay sends.
enum class request_kind { payment, credit, events };
inline constexpr std::size_t request_kinds = 3;

/// Consecutive purchases of one invoice.
struct purchase_run {
  std::size_t invoice = 0; ///< position in invoice_set::invoices()
  std::size_t first = 0;   ///< position in invoice::purchases
  std::size_t count = 0;   ///< >= 1
};

/// One request to send.
struct replay_job {
  request_kind kind = request_kind::payment;
  std::size_t invoice = 0;        ///< of a payment or credit
  std::int64_t amount_minor = 0;  ///< of a payment or credit, >= 1
  std::vector<purchase_run> runs; ///< of events, at most replay_plan::events_in_request purchases together

  /// Purchases of all runs.
  [[nodiscard]] std::size_t events() const noexcept;
};

/// What there is to do, in numbers.
struct replay_totals {
  std::uint64_t invoices = 0;
  std::uint64_t payments = 0;
  std::uint64_t credits = 0;
  std::uint64_t events = 0;                          ///< of all payment invoices
  std::array<std::uint64_t, skip_reasons> skipped{}; ///< by skip_reason

  /// Requests it will take when nothing fails; one or two more when the last events do not fill a request.
  [[nodiscard]] std::uint64_t requests() const noexcept;
};

/// Decides what is sent next. Payments and credits go in file order; the purchases of an invoice become
/// events once its payment has been taken, so that the statistics never hold what the ledger does not. Not a
/// queue of requests: holds positions only. Thread: one.
class replay_plan {
 public:
  static constexpr std::size_t events_in_request = 100;

  /// `of` must outlive the plan. Only the first `invoice_limit` invoices take part; 0: all.
  replay_plan(const invoice_set& of, std::uint64_t invoice_limit);

  [[nodiscard]] const replay_totals& totals() const noexcept { return totals_; }

  /// The next request; nothing when there is none left, or none before a payment under way has been answered.
  [[nodiscard]] std::optional<replay_job> next();

  /// Takes a batch of events back that the server has refused, to give it out in two halves before anything
  /// else, so that one bad event does not cost the good ones around it. False when it cannot be split: not
  /// events, or only one.
  [[nodiscard]] bool split(const replay_job& refused);

  /// Reports the end of a job that next() gave out and split() did not take: taken by the server, or not.
  void finish(const replay_job& job, bool was_taken);

  /// Nothing left to give out, now or later.
  [[nodiscard]] bool is_done() const noexcept;

 private:
  replay_job next_events();

  const invoice_set* of_;
  std::size_t end_;
  std::size_t cursor_ = 0;
  std::size_t payments_under_way_ = 0;
  std::deque<purchase_run> waiting_;
  std::deque<replay_job> halves_;
  std::size_t waiting_events_ = 0;
  replay_totals totals_;
};

} // namespace troupe::retail
