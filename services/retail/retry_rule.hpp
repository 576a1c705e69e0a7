#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace troupe::retail {

/// When and how often a request that failed is sent again.
struct retry_rule {
  int tries = 8;                                ///< all together, >= 1
  std::chrono::milliseconds first_wait{100};    ///< doubled after every try
  std::chrono::milliseconds longest_wait{5000}; ///< also the most of a Retry-After that is honoured
};

/// Whether the answer says that the same request may succeed later: 409 (still under way), 429, 503, 504.
[[nodiscard]] bool is_worth_retrying(int status) noexcept;

/// How long to wait after try number `tries_done` (from 1): the doubled wait, of which `random` in [0, 1)
/// takes away up to half so that clients spread out; no shorter than what the server asked for.
[[nodiscard]] std::chrono::milliseconds wait_before_retry(const retry_rule& rule, int tries_done,
                                                          std::optional<std::chrono::seconds> retry_after,
                                                          double random);

/// The seconds form of Retry-After. Nothing for the date form or anything else. Source: RFC 9110
/// section 10.2.3.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value) noexcept;

} // namespace troupe::retail
