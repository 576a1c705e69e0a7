#pragma once

#include "platform/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::retail {

/// How one try of a request ended: with an HTTP answer, or with a failed connection.
struct http_answer {
  int status = 0; ///< 0: no answer
  std::string body;
  std::optional<std::chrono::seconds> retry_after;
  std::string
      failure; ///< why there was no answer, as in "connect: Connection refused"; empty if there was one
};

/// What the server said about a batch of events.
struct event_counts {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
};

/// Reads {"accepted":1,"duplicates":0}. Errors: invalid_argument when the counts are not there or do not add
/// up to `sent`.
[[nodiscard]] base::result<event_counts> parse_event_counts(const std::string& body, std::uint64_t sent);

/// Why a try failed, for people: the failure, or the status with the problem's detail or title (RFC 9457), or
/// with the beginning of a body that is no problem document. Safe for a terminal.
[[nodiscard]] std::string explain(const http_answer& answer);

} // namespace troupe::retail
