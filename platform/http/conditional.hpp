#pragma once

#include "platform/base/clock.hpp"
#include "platform/http/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

enum class tag_comparison : std::uint8_t {
  weak,   ///< for If-None-Match: W/"a" equals "a"
  strong, ///< for If-Match and If-Range: a weak tag equals nothing
};

/// Whether the list of an If-Match or If-None-Match field names this entity tag (with its quotes, and W/ if it is
/// weak): "*" names every one. A list that is malformed names what stands before the fault. Cost: O(list), no
/// allocation. Source: RFC 9110 sections 8.8.3, 13.1.1 and 13.1.2.
[[nodiscard]] bool names_tag(std::string_view list, std::string_view tag, tag_comparison how) noexcept;

/// The precondition fields of a request; "" is a field that was not sent. Lifetime of the views: the request's.
struct preconditions {
  std::string if_match;      ///< all of the request's in one list
  std::string if_none_match; ///< likewise
  std::string_view if_modified_since;
  std::string_view if_unmodified_since;
};

/// Those of this request. A date that occurs twice counts as not sent. Cost: O(fields).
[[nodiscard]] preconditions preconditions_of(const request& request);

/// What is there at the moment.
struct representation {
  bool exists = true;
  std::string_view etag;                     ///< with its quotes, W/ in front of a weak one; "" when there is none
  std::optional<std::int64_t> last_modified; ///< seconds since 1970 UTC
};

enum class precondition_outcome : std::uint8_t {
  holds,        ///< do what the request asks
  not_modified, ///< 304
  failed,       ///< 412
};

/// Evaluates the preconditions in the order that the RFC sets: If-Match, else If-Unmodified-Since; then If-None-Match,
/// else If-Modified-Since, which GET and HEAD alone know. `is_read`: the method is GET or HEAD. A date that is
/// malformed, or meets a representation without one, counts as not sent. To be asked once the request would succeed.
/// Source: RFC 9110 sections 13.1 and 13.2.2.
[[nodiscard]] precondition_outcome evaluate(const preconditions& asked, const representation& current, bool is_read,
                                            base::unix_micros now) noexcept;

/// Whether Range counts, given the value of If-Range: when its tag equals by strong comparison, or its date is that of
/// Last-Modified and the representation is not weakly tagged (so that two changes in one second are told apart).
/// Source: RFC 9110 section 13.1.5.
[[nodiscard]] bool range_counts(std::string_view if_range, const representation& current, base::unix_micros now) noexcept;

} // namespace troupe::http
