#pragma once

#include "platform/base/clock.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace troupe::policy {

/// When a crashed actor is started again, and when no more. A pure state machine: time is passed in.
/// The wait doubles with every crash within the window; more than `most` crashes within it end the restarts for good.
/// Source: the restart intensity of Erlang/OTP's supervisors, with a growing wait.
class restart_policy {
 public:
  struct options {
    std::size_t most = 5;                               ///< restarts allowed within the window, at least 1
    base::duration window = std::chrono::seconds(60);
    base::duration first_wait = std::chrono::milliseconds(20);
    base::duration longest_wait = std::chrono::seconds(5);
  };

  explicit restart_policy(const options& o) : options_(o) {}

  /// Notes a crash. Returns how long to wait before the restart, or nullopt: give up.
  [[nodiscard]] std::optional<base::duration> crashed(base::time_point now);

 private:
  options options_;
  std::deque<base::time_point> crashes_; // those within the window, oldest first; never more than most + 1
};

} // namespace troupe::policy
