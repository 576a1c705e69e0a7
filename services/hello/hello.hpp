#pragma once

#include "platform/actor/serve.hpp"
#include "services/hello/contract.hpp"

namespace troupe::hello {

/// The hello actor: no state.
hello_actor::behavior_type hello(hello_actor::pointer self, const actor::service_metrics& metrics);

} // namespace troupe::hello
