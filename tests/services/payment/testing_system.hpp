#pragma once

#include "platform/actor/error_bridge.hpp"
#include "platform/actor/service.hpp"
#include "platform/actor/system.hpp"
#include "platform/base/result.hpp"
#include "services/payment/service.hpp"
#include "services/stats/contract.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::payment::test {

/// Makes all message types known to CAF, once a program.
inline void register_all_types() {
  static const bool once = [] {
    actor::register_platform_types();
    register_types();
    caf::init_global_meta_objects<caf::id_block::troupe_stats>();
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
class testing_system {
 public:
  testing_system() : system_(config_), self_(system_) {}
  testing_system(const testing_system&) = delete;
  testing_system& operator=(const testing_system&) = delete;
  ~testing_system() {
    for (const auto& a : adopted_) caf::anon_send_exit(a, caf::exit_reason::kill);
    run();
  }

  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }

  /// Handles messages until there are none.
  void run() { scheduler().run(); }

  /// Lets time pass and handles what it causes.
  void pass(std::chrono::milliseconds time) {
    scheduler().advance_time(time);
    run();
  }

  /// Ends the actor with the test.
  template <class Handle>
  Handle adopt(Handle handle) {
    adopted_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    return handle;
  }

  /// A service of one replica.
  template <class Handle>
  actor::service<Handle> service_of(const Handle& replica) {
    auto slot = std::make_shared<actor::service_slot>("test", 0, 1, 100'000);
    slot->set(0, caf::actor_cast<caf::strong_actor_ptr>(replica));
    return actor::service<Handle>(slot);
  }

  /// Sends a request; nothing runs. Its answer is for `answer_to`.
  template <class Handle, class... Message>
  auto send(const Handle& whom, Message&&... message) {
    return self_->request(whom, caf::infinite, std::forward<Message>(message)...);
  }

  /// The same with high priority.
  template <class Handle, class... Message>
  auto send_urgently(const Handle& whom, Message&&... message) {
    return self_->request<caf::message_priority::high>(whom, caf::infinite, std::forward<Message>(message)...);
  }

  /// The answer to a request, which must have come.
  template <class Reply, class Pending>
  static base::result<Reply> answer_to(Pending&& pending) {
    base::result<Reply> out = base::fail(base::errc::internal, "no answer");
    std::forward<Pending>(pending).receive([&](const Reply& reply) { out = reply; },
                                           [&](const caf::error& e) { out = actor::from_caf(e); });
    return out;
  }

  /// Asks an actor, runs everything and returns its answer.
  template <class Reply, class Handle, class... Message>
  base::result<Reply> ask(const Handle& whom, Message&&... message) {
    auto pending = send(whom, std::forward<Message>(message)...);
    run();
    return answer_to<Reply>(std::move(pending));
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

/// An envelope with this key and an hour to go.
inline actor::envelope with_key(std::string key) {
  actor::envelope envelope;
  envelope.sent = base::clock::now();
  envelope.deadline = envelope.sent + std::chrono::hours(1);
  envelope.idempotency_key = std::move(key);
  return envelope;
}

} // namespace troupe::payment::test
