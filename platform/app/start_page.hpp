#pragma once

#include "platform/app/tier.hpp"

#include <string>

namespace troupe::app {

/// The page at "/": which services run here and links to try. HTML, a few kilobytes.
[[nodiscard]] std::string start_page(const std::vector<tier::offered>& offers);

} // namespace troupe::app
