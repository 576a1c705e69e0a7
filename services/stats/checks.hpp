#pragma once

#include "platform/base/result.hpp"
#include "services/stats/model.hpp"

#include "stats/v1/stats.pb.h"

#include <cstdint>
#include <string_view>

namespace troupe::stats {

inline constexpr int most_events = 1000; ///< in one request; also the most elements of a `PublishedCounts`
inline constexpr std::size_t most_id_bytes = 64;
inline constexpr std::uint32_t most_quantity = 1'000'000;

/// Whether a batch is what proto/stats/v1/stats.proto says, wherever it came from. JSON has been checked by
/// its rules before; only here is it known that a purchase needs a quantity.
/// Errors: invalid_argument with the path of the first bad field, as in `events[2].quantity: a purchase needs
/// it`.
[[nodiscard]] base::result<void> check(const v1::PublishEventsRequest& request);

/// Errors: invalid_argument with the field and its allowed values.
[[nodiscard]] base::result<void> check(const v1::TopRequest& request);

/// Whether an element of a `PublishedCounts` is within its ranges.
[[nodiscard]] bool is_valid(const v1::ProductCount& count) noexcept;

} // namespace troupe::stats
