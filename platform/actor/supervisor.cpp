#include "platform/actor/supervisor.hpp"

#include "platform/actor/type_ids.hpp"
#include "platform/base/log.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace troupe::actor {

namespace {

class supervisor_actor : public caf::event_based_actor {
 public:
  supervisor_actor(caf::actor_config& config, std::shared_ptr<service_slot> slot, replica_factory factory,
                   const supervision& options, std::vector<caf::strong_actor_ptr> started)
      : caf::event_based_actor(config), slot_(std::move(slot)), factory_(std::move(factory)),
        addresses_(slot_->replicas()), policies_(slot_->replicas(), policy::restart_policy(options.restarts)) {
    first_ = std::move(started);
  }

  caf::behavior make_behavior() override {
    set_down_handler([this](caf::down_msg& down) { on_down(down); });
    set_exit_handler([this](caf::exit_msg& exit) {
      for (std::size_t i = 0; i < addresses_.size(); ++i) {
        if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(addresses_[i]))
          send_exit(handle, caf::exit_reason::user_shutdown);
        slot_->set(i, nullptr);
      }
      stopping_ = true;
      quit(std::move(exit.reason));
    });
    for (std::size_t i = 0; i < first_.size(); ++i) adopt(i, std::exchange(first_[i], nullptr));
    return {[this](const restart_replica& again) { start(again.replica); }};
  }

  const char* name() const override { return "troupe.supervisor"; }

 private:
  void start(std::size_t replica) {
    caf::strong_actor_ptr handle;
    try {
      handle = factory_(replica);
    } catch (const std::exception& x) {
      base::log::error("service_start_failed", {{"service", slot_->name()}, {"reason", x.what()}});
    }
    adopt(replica, std::move(handle));
  }

  void adopt(std::size_t replica, caf::strong_actor_ptr handle) {
    if (!handle) return retry(replica);
    addresses_[replica] = caf::actor_cast<caf::actor_addr>(handle);
    monitor(addresses_[replica]);
    slot_->set(replica, std::move(handle));
  }

  void on_down(const caf::down_msg& down) {
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      if (addresses_[i] != down.source) continue;
      addresses_[i] = {};
      slot_->set(i, nullptr);
      if (stopping_ || down.reason == caf::exit_reason::normal || down.reason == caf::exit_reason::user_shutdown) return;
      return retry(i);
    }
  }

  void retry(std::size_t replica) {
    const auto wait = policies_[replica].crashed(base::clock::now());
    if (!wait) {
      base::log::error("service_given_up", {{"service", slot_->name()}, {"replica", replica}});
      return;
    }
    base::log::warn("service_restarts",
                    {{"service", slot_->name()},
                     {"replica", replica},
                     {"after_ms", std::chrono::duration_cast<std::chrono::milliseconds>(*wait).count()}});
    delayed_send(this, *wait, restart_replica{replica});
  }

  std::shared_ptr<service_slot> slot_;
  replica_factory factory_;
  std::vector<caf::actor_addr> addresses_; // by replica
  std::vector<policy::restart_policy> policies_;
  std::vector<caf::strong_actor_ptr> first_;
  bool stopping_ = false;
};

} // namespace

caf::actor supervise(caf::actor_system& system, std::shared_ptr<service_slot> slot, replica_factory factory,
                     const supervision& options) {
  // The first start happens here, so that the caller sees the service up (or its mistake thrown) when this returns.
  std::vector<caf::strong_actor_ptr> started(slot->replicas());
  for (std::size_t i = 0; i < started.size(); ++i) {
    started[i] = factory(i);
    slot->set(i, started[i]);
  }
  return system.spawn<supervisor_actor>(std::move(slot), std::move(factory), options, std::move(started));
}

} // namespace troupe::actor
