#include "services/retail/replay_summary.hpp"

#include "services/retail/decimal.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <limits>
#include <utility>

namespace troupe::retail {

namespace {

namespace bj = boost::json;

constexpr std::size_t errors_in_json = 20;

std::string number(std::uint64_t n) { return std::to_string(n); }

std::string skipped_text(const replay_totals& totals) {
  std::uint64_t all = 0;
  std::string reasons;
  for (std::size_t i = 1; i < skip_reasons; ++i) {
    if (totals.skipped[i] == 0) continue;
    all += totals.skipped[i];
    reasons += (reasons.empty() ? ": " : ", ") + std::string(name(static_cast<skip_reason>(i))) + " " +
               number(totals.skipped[i]);
  }
  return number(all) + " skipped" + reasons;
}

std::string settled_text(const kind_counts& counts, std::uint64_t planned) {
  return number(counts.taken) + " taken, " + number(counts.failed) + " failed, " +
         number(planned - counts.taken - counts.failed) + " not sent; " + pounds(counts.amount_minor) +
         " GBP taken\n";
}

std::string answers_text(const std::map<int, std::uint64_t>& answers) {
  std::string text;
  for (const auto& [status, count] : answers)
    text += (text.empty() ? "" : ", ") + std::to_string(status) + ": " + number(count);
  return text.empty() ? "none" : text;
}

bj::object settled_json(const kind_counts& counts, std::uint64_t planned) {
  return {{"planned", planned},
          {"taken", counts.taken},
          {"failed", counts.failed},
          {"not_sent", planned - counts.taken - counts.failed},
          {"amount_minor", counts.amount_minor}};
}

} // namespace

void replay_summary::add_amount(request_kind kind, std::int64_t amount_minor) {
  auto& sum = of(kind).amount_minor;
  if (__builtin_add_overflow(sum, amount_minor, &sum)) sum = std::numeric_limits<std::int64_t>::max();
}

void replay_summary::add_error(std::string text) {
  ++errors;
  if (first_errors.size() < kept_errors) first_errors.push_back(std::move(text));
}

bool replay_summary::is_complete() const noexcept {
  return errors == 0 && refused_rows == 0 && stopped_because.empty();
}

std::string to_text(const replay_summary& s) {
  std::string text =
      "file      " + s.file + ": " + number(s.rows) + " rows, " + number(s.refused_rows) + " refused\n";
  text += "invoices  " + number(s.totals.invoices) + ": " + number(s.totals.payments) + " payments, " +
          number(s.totals.credits) + " credits, " + skipped_text(s.totals) + "\n";
  text += "payments  " + settled_text(s.of(request_kind::payment), s.totals.payments);
  text += "credits   " + settled_text(s.of(request_kind::credit), s.totals.credits);
  text += "events    " + number(s.totals.events) + " purchases: " + number(s.events_accepted) +
          " accepted, " + number(s.events_duplicate) + " known before, " +
          number(s.totals.events - s.events_accepted - s.events_duplicate) + " not taken\n";
  text += "requests  " + number(s.tries) + " sent to " + s.target + ", " + number(s.retries) +
          " of them again; " + number(s.connection_failures) + " without an answer; answers by status " +
          answers_text(s.answers) + "\n";

  char timing[96];
  const double rate = s.took.count() > 0 ? static_cast<double>(s.tries) / s.took.count() : 0.0;
  std::snprintf(timing, sizeof timing, "time      %.1f s, %.0f requests a second\n", s.took.count(), rate);
  text += timing;

  text += "result    ";
  if (!s.stopped_because.empty()) text += "stopped: " + s.stopped_because + "; run it again to complete it; ";
  text += s.is_complete() ? "complete, no errors\n"
                          : number(s.errors) + " errors, " + number(s.refused_rows) + " refused rows\n";
  return text;
}

std::string to_json(const replay_summary& s) {
  bj::object skipped;
  for (std::size_t i = 1; i < skip_reasons; ++i)
    skipped[name(static_cast<skip_reason>(i))] = s.totals.skipped[i];
  bj::object answers;
  for (const auto& [status, count] : s.answers) answers[std::to_string(status)] = count;
  bj::array first;
  for (const auto& error : s.first_errors) {
    if (first.size() < errors_in_json) first.emplace_back(error);
  }
  const bj::object all{{"file", s.file},
                       {"target", s.target},
                       {"rows", {{"read", s.rows}, {"refused", s.refused_rows}}},
                       {"invoices", s.totals.invoices},
                       {"skipped", std::move(skipped)},
                       {"payments", settled_json(s.of(request_kind::payment), s.totals.payments)},
                       {"credits", settled_json(s.of(request_kind::credit), s.totals.credits)},
                       {"events",
                        {{"planned", s.totals.events},
                         {"accepted", s.events_accepted},
                         {"duplicates", s.events_duplicate},
                         {"not_taken", s.totals.events - s.events_accepted - s.events_duplicate},
                         {"failed_requests", s.of(request_kind::events).failed}}},
                       {"requests",
                        {{"sent", s.tries},
                         {"retries", s.retries},
                         {"connection_failures", s.connection_failures},
                         {"answers", std::move(answers)}}},
                       {"errors", {{"count", s.errors}, {"first", std::move(first)}}},
                       {"stopped_because", s.stopped_because},
                       {"seconds", s.took.count()},
                       {"complete", s.is_complete()}};
  return bj::serialize(all);
}

} // namespace troupe::retail
