#include "services/hello/service.hpp"

#include "services/hello/hello.hpp"
#include "services/hello/routes.hpp"

#include <caf/init_global_meta_objects.hpp>

namespace troupe::hello {

void register_types() { caf::init_global_meta_objects<caf::id_block::troupe_hello>(); }

void start(app::tier& tier) {
  // Stateless, so one replica for each connection actor: a request and its answer stay on one worker.
  const auto service = tier.supervise<hello_actor>(
      "hello", {.replicas = tier.connection_actors()}, [&tier](std::size_t replica) {
        return tier.system().spawn(hello, actor::service_metrics(tier.metrics(), "hello", replica));
      });
  add_routes(tier.routes(), service);
  tier.offer("hello", "/hello", "a greeting");
}

} // namespace troupe::hello
