#pragma once

#include "platform/app/tier.hpp"

namespace troupe::catalog {

/// Makes the service's message types known to CAF; before the actor system.
void register_types();

/// Starts the service in a tier, after stats if that runs in it, and adds its routes.
/// Throws std::runtime_error with one line that says what to do when the store cannot be opened.
void start(app::tier& tier);

} // namespace troupe::catalog
