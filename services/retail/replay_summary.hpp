#pragma once

#include "services/retail/replay_plan.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::retail {

/// What became of the requests of one kind. A request counts once however often it was sent.
struct kind_counts {
  std::uint64_t taken = 0;
  std::uint64_t failed = 0;
  std::int64_t amount_minor =
      0; ///< sum of those taken, pence; stays at the largest value when it would not fit
};

/// What a replay did.
struct replay_summary {
  static constexpr std::size_t kept_errors = 1000;

  std::string file;
  std::string target;
  std::uint64_t rows = 0;
  std::uint64_t refused_rows = 0;
  replay_totals totals;
  std::array<kind_counts, request_kinds> kinds{}; ///< by request_kind
  std::uint64_t events_accepted = 0;
  std::uint64_t events_duplicate = 0;
  std::uint64_t tries = 0;               ///< requests sent, each try counted
  std::uint64_t retries = 0;             ///< of these, not the first try
  std::uint64_t connection_failures = 0; ///< tries without an answer
  std::map<int, std::uint64_t> answers;  ///< tries by the status they were answered with
  std::uint64_t errors = 0;
  std::vector<std::string> first_errors; ///< the first kept_errors of them
  std::string stopped_because;           ///< empty: it ran to its end
  std::chrono::duration<double> took{0};

  [[nodiscard]] kind_counts& of(request_kind kind) { return kinds[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const kind_counts& of(request_kind kind) const {
    return kinds[static_cast<std::size_t>(kind)];
  }

  void add_amount(request_kind kind, std::int64_t amount_minor);
  void add_error(std::string text);

  /// Every row was read and every request taken.
  [[nodiscard]] bool is_complete() const noexcept;
};

/// The summary for people, a line a topic, each ended by a line feed.
[[nodiscard]] std::string to_text(const replay_summary& summary);

/// The summary as one JSON object on one line; `errors.first` has at most 20 elements.
[[nodiscard]] std::string to_json(const replay_summary& summary);

} // namespace troupe::retail
