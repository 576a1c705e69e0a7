#pragma once

#include "platform/policy/in_flight_limit.hpp"

namespace troupe::policy {

/// A place in a limit that is not owned yet: given back at the end of the scope, and so when something throws, unless `keep` has handed it over.
/// Thread: its owner. Lifetime: not longer than the limit's.
class in_flight_place {
 public:
  explicit in_flight_place(in_flight_limit& limit) noexcept : limit_(limit.enter() ? &limit : nullptr) {}
  ~in_flight_place() {
    if (limit_) limit_->leave();
  }
  in_flight_place(const in_flight_place&) = delete;
  in_flight_place& operator=(const in_flight_place&) = delete;

  /// Whether there was one. Not after `keep`.
  [[nodiscard]] explicit operator bool() const noexcept { return limit_ != nullptr; }
  /// From here on somebody else gives it back.
  void keep() noexcept { limit_ = nullptr; }

 private:
  in_flight_limit* limit_;
};

} // namespace troupe::policy
