#pragma once

#include "platform/actor/error_bridge.hpp"
#include "platform/actor/service.hpp"
#include "platform/actor/system.hpp"
#include "platform/base/result.hpp"
#include "services/stats/service.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::stats::test {

/// Makes all message types of this service known, once a program.
inline void register_all_types() {
  static const bool once = [] {
    actor::register_platform_types();
    register_types();
    return true;
  }();
  (void)once;
}

struct testing_config : caf::actor_system_config {
  testing_config() {
    register_all_types();
    set("caf.scheduler.policy", "testing");
  }
};

/// An actor system in which nothing runs and no time passes unless the test says so.
class deterministic_system {
 public:
  deterministic_system() : system_(config_), self_(system_) {}
  deterministic_system(const deterministic_system&) = delete;
  deterministic_system& operator=(const deterministic_system&) = delete;
  // An actor that sends itself ticks would keep the system from ending.
  ~deterministic_system() {
    for (const auto& a : adopted_) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    run();
  }

  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }

  /// Handles messages until there are none.
  void run() { scheduler().run(); }

  /// Lets time pass, in small steps so that what is due earlier happens earlier, and handles what it causes.
  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= std::chrono::milliseconds(10)) {
      scheduler().advance_time(std::chrono::milliseconds(10));
      run();
    }
  }

  /// Ends the actor with the test.
  template <class Handle>
  Handle adopt(Handle handle) {
    adopted_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    return handle;
  }

  /// A service whose replicas are these actors.
  template <class Handle>
  actor::service<Handle> service_of(const std::vector<Handle>& replicas) {
    auto slot = std::make_shared<actor::service_slot>("test", 0, replicas.size(), 1000);
    for (std::size_t i = 0; i < replicas.size(); ++i)
      slot->set(i, caf::actor_cast<caf::strong_actor_ptr>(adopt(replicas[i])));
    return actor::service<Handle>(slot);
  }

  /// Asks an actor, runs everything and returns its answer.
  template <class Reply, class Handle, class... Message>
  base::result<Reply> ask(const Handle& whom, Message&&... message) {
    auto pending = self_->request(whom, caf::infinite, std::forward<Message>(message)...);
    run();
    std::optional<base::error> failure;
    const auto fail = [&](const caf::error& e) { failure = actor::from_caf(e); };
    if constexpr (std::is_void_v<Reply>) {
      pending.receive([] {}, fail);
      if (failure) return *failure;
      return {};
    } else {
      std::optional<Reply> answer;
      pending.receive([&](const Reply& reply) { answer = reply; }, fail);
      if (failure) return *failure;
      return *answer;
    }
  }

 private:
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  testing_config config_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  std::vector<caf::strong_actor_ptr> adopted_;
};

} // namespace troupe::stats::test
