#pragma once

#include "platform/app/tier.hpp"

namespace troupe::payment {

/// Makes the service's message types known to CAF; before the actor system.
void register_types();

/// Starts the service in a tier and adds its routes. Its file is payments.sqlite in the tier's data
/// directory. Start stats before it, if at all: payments are published to a stats service that is there.
/// Throws std::runtime_error with one line, saying what to do, when the file cannot be opened.
void start(app::tier& tier);

} // namespace troupe::payment
