#include "platform/policy/restart_policy.hpp"

#include <algorithm>

namespace troupe::policy {

std::optional<base::duration> restart_policy::crashed(base::time_point now) {
  while (!crashes_.empty() && now - crashes_.front() > options_.window) crashes_.pop_front();
  crashes_.push_back(now);
  if (crashes_.size() > options_.most) return std::nullopt;
  auto wait = options_.first_wait;
  for (std::size_t i = 1; i < crashes_.size() && wait < options_.longest_wait; ++i) wait *= 2;
  return std::min(wait, options_.longest_wait);
}

} // namespace troupe::policy
