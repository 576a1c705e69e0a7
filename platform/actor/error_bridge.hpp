#pragma once

#include "platform/actor/type_ids.hpp"
#include "platform/base/result.hpp"

#include <caf/error.hpp>
#include <caf/result.hpp>

namespace troupe::actor {

/// Our error as CAF carries it between actors.
[[nodiscard]] caf::error to_caf(base::error error);

/// Back again. What CAF itself reports (receiver gone, promise broken) is `unavailable`: the request was not begun or its
/// outcome is unknown, and trying again later is right.
[[nodiscard]] base::error from_caf(const caf::error& error);

} // namespace troupe::actor
