#pragma once

#include "platform/app/application.hpp"

#include <vector>

namespace troupe {

/// The services of this program, in the order of their start: one line each.
[[nodiscard]] std::vector<app::service_entry> all_services();

} // namespace troupe
