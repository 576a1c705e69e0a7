#pragma once

#include "platform/app/tier.hpp"

namespace troupe::hello {

/// Makes the service's message types known to CAF; before the actor system.
void register_types();

/// Starts the service in a tier and adds its routes.
void start(app::tier& tier);

} // namespace troupe::hello
