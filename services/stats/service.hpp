#pragma once

#include "platform/app/tier.hpp"

namespace troupe::stats {

/// Makes the service's message types known to CAF; before the actor system.
void register_types();

/// Starts the service in a tier and adds its routes: a store actor, a shard for each core, and the stats
/// actors that others find as "stats". Services that publish to it are started after it. Throws
/// std::runtime_error when its store cannot be opened or read.
void start(app::tier& tier);

} // namespace troupe::stats
