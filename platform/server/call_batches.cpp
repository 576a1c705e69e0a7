#include "platform/server/call_batches.hpp"

#include "platform/actor/compatibility.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/make_message.hpp>

#include <utility>

namespace troupe::server {

std::uint32_t call_batches::add(const actor::service_slot& slot, caf::abstract_actor& replica, std::uint64_t number, caf::message content) {
  if (slot.index() >= by_service_.size()) by_service_.resize(slot.index() + 1);
  auto& b = by_service_[slot.index()];
  auto& requests = b.content.requests;
  if (!requests.empty() && (b.replica->get() != &replica || requests.size() == actor::request_batch::most)) send(b);
  if (requests.empty()) {
    requests.reserve(actor::request_batch::most);
    gathered_.push_back(slot.index());
    b.replica = caf::actor_cast<caf::strong_actor_ptr>(&replica);
    if (++last_ == 0) last_ = 1;
    b.number = last_;
  }
  requests.push_back({number, std::move(content)});
  return b.number;
}

void call_batches::send() {
  for (const auto service : gathered_) send(by_service_[service]);
  gathered_.clear();
}

// A replica that has just ended answers with an error of its own. Without memory for the message the batch stays as it is.
void call_batches::send(batch& b) {
  auto& requests = b.content.requests;
  if (requests.empty()) return;
  const bool is_alone = requests.size() == 1;
  const auto id = actor::request_id(is_alone ? requests.front().number : batch_numbers | b.number);
  auto element = actor::make_element(owner_.ctrl(), id, {});
  element->payload = is_alone ? std::move(requests.front().content) : caf::make_message(std::move(b.content));
  requests.clear();
  actor::deliver(*b.replica->get(), std::move(element), owner_.context());
  b.replica = nullptr;
}

} // namespace troupe::server
