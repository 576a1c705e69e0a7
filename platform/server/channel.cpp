#include "platform/server/channel.hpp"

#include "platform/actor/compatibility.hpp"
#include "platform/server/messages.hpp"

#include <caf/actor_cast.hpp>
#include <caf/make_message.hpp>

namespace troupe::server {

bool channel_link::push(caf::local_actor& self, outgoing message) {
  if (has_ended.load(std::memory_order_relaxed)) return false;
  const auto bytes = cost(message.bytes);
  if (waiting.fetch_add(bytes, std::memory_order_relaxed) > 2 * bound) {
    waiting.fetch_sub(bytes, std::memory_order_relaxed);
    lost.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const auto to = caf::actor_cast<caf::strong_actor_ptr>(connection_);
  if (!to) return false;
  to->enqueue(actor::make_element(nullptr, caf::message_id{}, caf::make_message(channel_push{shared_from_this(), std::move(message)})),
              self.context());
  return true;
}

void channel_link::end(caf::local_actor& self, std::uint16_t code, std::string reason) {
  const auto to = caf::actor_cast<caf::strong_actor_ptr>(connection_);
  if (!to || has_ended.load(std::memory_order_relaxed)) return;
  to->enqueue(actor::make_element(nullptr, caf::message_id{}, caf::make_message(channel_end{shared_from_this(), code, std::move(reason)})),
              self.context());
}

} // namespace troupe::server
