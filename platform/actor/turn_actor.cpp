#include "platform/actor/turn_actor.hpp"

#include "platform/actor/scheduler.hpp"

#include <caf/actor_cast.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/exit_reason.hpp>

namespace troupe::actor {

namespace {
// Addresses that no element has: what the inbox holds while the actor is parked, and after it has ended.
alignas(caf::mailbox_element) char blocked_tag[1];
alignas(caf::mailbox_element) char closed_tag[1];
} // namespace

turn_actor::node* turn_actor::blocked() noexcept { return reinterpret_cast<node*>(blocked_tag); }
turn_actor::node* turn_actor::closed() noexcept { return reinterpret_cast<node*>(closed_tag); }

turn_actor::turn_actor(caf::actor_config& config) : caf::local_actor(config) {}

turn_actor::~turn_actor() {
  auto* head = inbox_.load(std::memory_order_acquire);
  while (head != nullptr && head != blocked() && head != closed()) {
    caf::mailbox_element_ptr element{head};
    head = static_cast<node*>(head->next);
  }
}

bool turn_actor::enqueue(caf::mailbox_element_ptr element, worker* sender) {
  auto* head = inbox_.load(std::memory_order_relaxed);
  for (;;) {
    if (head == closed()) {
      if (element->mid.is_request()) caf::detail::sync_request_bouncer{caf::exit_reason::normal}(*element);
      return false;
    }
    element->next = head == blocked() ? nullptr : head;
    if (inbox_.compare_exchange_weak(head, element.get(), std::memory_order_acq_rel, std::memory_order_relaxed)) break;
  }
  element.release();
  if (head == blocked()) {
    intrusive_ptr_add_ref_impl();
    schedule(home_system(), sender, this);
  }
  return true;
}

void turn_actor::launch(worker* host, bool, bool hide) {
  if (!hide) register_at_system();
  intrusive_ptr_add_ref_impl();
  schedule(home_system(), host, this);
}

void turn_actor::wake() { enqueue(make_element(nullptr, caf::message_id{}, caf::message{}), current_worker()); }

base::result<void> turn_actor::watch(net::poller& poller, int fd) {
  if (auto added = poller.add(fd, *this); !added) return added.error();
  poller_ = &poller;
  watched_fd_ = fd;
  return {};
}

void turn_actor::unwatch() noexcept {
  if (poller_) poller_->remove(watched_fd_, *this);
  poller_ = nullptr;
}

turn_actor::resume_result turn_actor::resume(worker* host, std::size_t) {
  context(host);
  // The inbox is a stack: turn it round, so that messages are taken in the order in which they came.
  auto* newest = inbox_.exchange(nullptr, std::memory_order_acq_rel);
  node* oldest = nullptr;
  while (newest != nullptr && newest != blocked()) {
    auto* next = static_cast<node*>(newest->next);
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  std::size_t messages = 0;
  while (oldest != nullptr) {
    caf::mailbox_element_ptr element{oldest};
    oldest = static_cast<node*>(oldest->next);
    if (element->payload.empty() && !element->mid.is_response()) { // an answer may be empty too
      armed_ = false;
    } else {
      ++messages;
      on_message(*element);
    }
  }
  const auto decided = on_turn(messages);
  if (decided == verdict::again) return caf::resumable::resume_later;
  if (decided == verdict::quit) {
    finish(host);
    return caf::resumable::done;
  }
  if (decided == verdict::park && poller_ && !armed_) {
    // Armed before the mailbox is blocked: readiness in between becomes a message, and the exchange below fails.
    armed_ = true;
    poller_->arm(watched_fd_, *this);
  }
  node* expected = nullptr;
  return inbox_.compare_exchange_strong(expected, blocked(), std::memory_order_acq_rel)
             ? caf::resumable::awaiting_message
             : caf::resumable::resume_later;
}

void turn_actor::finish(worker* host) {
  unwatch();
  auto* head = inbox_.exchange(closed(), std::memory_order_acq_rel);
  const caf::detail::sync_request_bouncer bounce{caf::exit_reason::normal};
  while (head != nullptr && head != blocked()) {
    caf::mailbox_element_ptr element{head};
    head = static_cast<node*>(head->next);
    if (element->mid.is_request()) bounce(*element);
  }
  cleanup(caf::exit_reason::normal, host);
}

} // namespace troupe::actor
