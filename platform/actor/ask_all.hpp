#pragma once

#include "platform/actor/error_bridge.hpp"
#include "platform/actor/service.hpp"
#include "platform/base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <vector>

namespace troupe::actor {

/// Sends one message, which is answered without a value, to every replica of a service that is up, and waits for all answers at
/// once, so that `within` bounds them together. An answer that is an error, or does not come, is logged. Blocking: for the start
/// and the stop of a service. Thread: the main thread.
template <class Handle, class... Message>
void ask_all(caf::actor_system& system, const service<Handle>& target, std::chrono::milliseconds within, const Message&... message) {
  caf::scoped_actor self(system);
  const auto handles = target.handles();
  const auto ask = [&](const Handle& replica) { return self->request(replica, within, message...); };
  std::vector<decltype(ask(handles.front()))> answers;
  for (const auto& replica : handles) answers.push_back(ask(replica));
  for (auto& answer : answers) {
    answer.receive([] {}, [&](const caf::error& e) {
      base::log::error("service_did_not_finish", {{"service", target.slot()->name()}, {"reason", from_caf(e).detail}});
    });
  }
}

} // namespace troupe::actor
