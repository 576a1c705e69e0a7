#pragma once

#include "platform/actor/compatibility.hpp"
#include "platform/net/poller.hpp"

#include <caf/behavior.hpp>
#include <caf/local_actor.hpp>

#include <atomic>
#include <cstddef>
#include <set>
#include <string>

namespace troupe::actor {

/// An actor that owns a pollable descriptor and runs in turns. In a turn it first takes all messages that have come, then does
/// its own input and output, once, and then either asks for another turn or parks until a message or readiness comes. So what many
/// messages cause for one socket leaves in one system call, and under load nothing ever changes thread.
///
/// It is a CAF actor in every respect that others can see (address, mailbox, monitors, requests and answers); what it does not have is a behaviour:
/// messages are given to `on_message` as they are. The mailbox is a lock-free stack: a send is one compare-and-swap.
/// Thread: one worker at a time; which one may change between turns.
class turn_actor : public caf::local_actor, public caf::resumable, public net::sleeper {
 public:
  using behavior_type = caf::behavior;
  using signatures = caf::none_t;

  explicit turn_actor(caf::actor_config& config);
  ~turn_actor() override;

  // The mailbox. An element with an empty message that answers nothing is the poller's wake-up.
#if CAF_VERSION >= 10000
  bool enqueue(caf::mailbox_element_ptr element, worker* sender) final;
#else
  using caf::local_actor::enqueue;
  bool enqueue(caf::mailbox_element_ptr element, worker* sender) final;
#endif
  void launch(worker* host, bool lazy, bool hide) final;
  resume_result resume(worker* host, std::size_t max_throughput) final;
  subtype_t subtype() const final { return caf::resumable::scheduled_actor; }
  void intrusive_ptr_add_ref_impl() final { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() final { caf::intrusive_ptr_release(ctrl()); }
  void wake() final;

 protected:
  enum class verdict : std::uint8_t {
    again, ///< there is more to do now: another turn after the others on this worker
    park,  ///< nothing to do: wait for readiness, the due time or a message
    rest,  ///< nothing may be done now, whatever is ready: wait for the due time or a message
    quit,  ///< ends the actor; what is left in the mailbox is answered `unavailable`
  };

  /// One message that is not a wake-up. Must not block.
  virtual void on_message(caf::mailbox_element& element) = 0;

  /// After all messages of this turn: do input and output without blocking. `messages`: how many `on_message` took.
  virtual verdict on_turn(std::size_t messages) = 0;

  /// Makes the poller watch this descriptor while the actor is parked. Call once, before the actor parks for the first time.
  /// The poller must outlive the actor's last turn.
  [[nodiscard]] base::result<void> watch(net::poller& poller, int fd);
  /// Ends the watching; called by itself when the actor quits.
  void unwatch() noexcept;

 private:
  using node = caf::mailbox_element;
  static node* blocked() noexcept;
  static node* closed() noexcept;
  void finish(worker* host);

  std::atomic<node*> inbox_{nullptr};
  net::poller* poller_ = nullptr;
  int watched_fd_ = -1;
  bool armed_ = false;
};

} // namespace troupe::actor
