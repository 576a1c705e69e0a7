#pragma once

#include "platform/actor/error_bridge.hpp"
#include "platform/actor/system.hpp"
#include "platform/actor/type_ids.hpp"
#include "platform/net/poller.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <string>
#include <utility>

namespace troupe::actor::test {

struct ask {
  std::string text;
};
struct told {
  std::string text;
};

/// Answers `told`, or whatever error the text of `ask` makes it answer; takes `told` without an answer.
using echo = caf::typed_actor<caf::result<told>(envelope, ask), caf::result<void>(envelope, told)>;

/// The platform's own scheduler with two workers; declare it before the actor system.
struct two_workers {
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  system_config config{{2}, *poller};
};

/// An actor system in which nothing runs and no time passes unless the test says so.
struct testing_config : caf::actor_system_config {
  testing_config() { set("caf.scheduler.policy", "testing"); }
};

} // namespace troupe::actor::test

CAF_BEGIN_TYPE_ID_BLOCK(troupe_actor_test, troupe::actor::type_ids::tests)
  CAF_ADD_TYPE_ID(troupe_actor_test, (troupe::actor::test::ask))
  CAF_ADD_TYPE_ID(troupe_actor_test, (troupe::actor::test::told))
  CAF_ADD_TYPE_ID(troupe_actor_test, (troupe::actor::test::echo))
CAF_END_TYPE_ID_BLOCK(troupe_actor_test)

TROUPE_LOCAL_MESSAGE(troupe::actor::test::ask)
TROUPE_LOCAL_MESSAGE(troupe::actor::test::told)
