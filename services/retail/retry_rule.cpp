#include "services/retail/retry_rule.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace troupe::retail {

bool is_worth_retrying(int status) noexcept {
  return status == 409 || status == 429 || status == 503 || status == 504;
}

std::chrono::milliseconds wait_before_retry(const retry_rule& rule, int tries_done,
                                            std::optional<std::chrono::seconds> retry_after, double random) {
  auto wait = rule.first_wait;
  for (int i = 1; i < tries_done && wait < rule.longest_wait; ++i) wait *= 2;
  wait = std::min(wait, rule.longest_wait);
  const auto spread = std::chrono::duration<double, std::milli>(wait) * (1.0 - random / 2);
  wait = std::chrono::duration_cast<std::chrono::milliseconds>(spread);
  if (!retry_after) return wait;
  const auto asked = std::min<std::chrono::milliseconds>(*retry_after, rule.longest_wait);
  return std::max(wait, asked);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value) noexcept {
  std::uint32_t seconds = 0; // larger ones are cut to the longest wait anyway
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end != value.data() + value.size() || value.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::chrono::seconds(UINT32_MAX);
  if (error != std::errc{}) return std::nullopt;
  return std::chrono::seconds(seconds);
}

} // namespace troupe::retail
