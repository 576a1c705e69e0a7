#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::retail {

/// How far a replay is.
struct replay_progress {
  std::uint64_t done = 0;  ///< requests that came to an end, well or not
  std::uint64_t total = 0; ///< requests expected
  std::uint64_t errors = 0;
  std::chrono::duration<double> elapsed{0};
};

/// One line without a line feed, at most 100 characters: with a bar for a terminal, or in words:
/// "45 % 5120 of 11234 requests, 3456/s, ETA 2 s, 0 errors". The rate is the mean since the start.
[[nodiscard]] std::string progress_line(const replay_progress& at, bool with_bar);

} // namespace troupe::retail
