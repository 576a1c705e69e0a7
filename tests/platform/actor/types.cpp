#include "tests/platform/actor/types.hpp"

#include <caf/init_global_meta_objects.hpp>

namespace {

// CAF must know all types before the first actor system of the program.
[[maybe_unused]] const bool registered = [] {
  troupe::actor::register_platform_types();
  caf::init_global_meta_objects<caf::id_block::troupe_actor_test>();
  return true;
}();

} // namespace
