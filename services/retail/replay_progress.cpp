#include "services/retail/replay_progress.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace troupe::retail {

namespace {

constexpr std::size_t bar_width = 24;

std::string eta_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::min(seconds + 0.5, 359'999.0)); // 99 h 59 min
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

} // namespace

std::string progress_line(const replay_progress& at, bool with_bar) {
  const auto done = std::min(at.done, at.total); // the last events may take a request more than expected
  const double share = at.total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(at.total);
  const double rate = at.elapsed.count() > 0 ? static_cast<double>(at.done) / at.elapsed.count() : 0.0;
  const auto eta = done == at.total ? std::string("0 s")
                   : rate > 0       ? eta_text(static_cast<double>(at.total - done) / rate)
                                    : std::string("unknown");
  std::string line;
  if (with_bar) {
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar_width));
    line = "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') + "] ";
  }
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%d %% %llu of %llu requests, %.0f/s, ETA %s, %llu errors",
                static_cast<int>(share * 100), static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(at.total), rate, eta.c_str(),
                static_cast<unsigned long long>(at.errors));
  return (line + text.data()).substr(0, 100);
}

} // namespace troupe::retail
