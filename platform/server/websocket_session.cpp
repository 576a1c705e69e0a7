// connection_actor: a WebSocket's life, from the request to upgrade to the end.

#include "platform/server/channel_endpoint.hpp"
#include "platform/server/connection.hpp"
#include "platform/websocket/close_code.hpp"
#include "platform/websocket/frame_writer.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>

namespace troupe::server {

using phase = websocket_session::phase;
namespace close_code = websocket::close_code;

std::shared_ptr<channel_link> connection_actor::begin_websocket(std::uint32_t exchange_index, const channel_endpoint& endpoint,
                                                               websocket::handshake::verdict&& agreed) {
  auto& x = exchanges_[exchange_index];
  const auto place = draining_ ? none : websockets_.acquire();
  if (place == none) return nullptr;
  auto& w = websockets_[place];
  const auto generation = w.generation + 1;
  w = websocket_session{};
  w.session = x.session;
  w.generation = generation;
  w.endpoint = &endpoint;
  w.route = x.route;
  w.trace = x.trace;
  x.upgrades = true;
  sessions_[x.session].websocket = place; // from here on no request is read
  w.link = std::make_shared<channel_link>(address(), place, generation, endpoint.options().queue_bytes);
  w.handshake_fields = std::move(agreed.fields);
  w.deflate_bits = agreed.deflate ? agreed.deflate->window_bits : std::uint8_t{0};
  w.parser = websocket::frame_parser(limits_.websocket.message_bytes, agreed.deflate.has_value());
  return w.link;
}

// The answer that switches the protocol has been rendered.
void connection_actor::open_websocket(std::uint32_t index) {
  auto& s = sessions_[index];
  auto& w = websockets_[s.websocket];
  s.clear(session::no_more_requests); // `Connection: close` and the like were about requests
  websocket_metrics_.open->add(1);
  w.state = phase::open;
  w.last_received = ticks(now_);
  w.ping_due = tick_in(limits_.websocket.ping_interval);
  wheel_.at_most(index, w.ping_due);
  if (w.code != 0) { // the service has closed it before it was open
    w.state = phase::finishing;
  } else if (draining_) {
    finish_websocket(w, close_code::going_away, "the server stops", true);
  }
}

// Decides how the channel ends; the first decision counts. What is unanswered or queued still leaves, then the close frame. With `awaits_peer`
// the client's is waited for; without, it has come or cannot be trusted to. Whatever else comes is dropped.
void connection_actor::finish_websocket(websocket_session& w, std::uint16_t code, std::string_view reason, bool awaits_peer) {
  if (w.code != 0) return;
  auto fitting = websocket::fitting_reason(reason);
  tell_service_of_end(w, code, reason); // may throw: then nothing is decided
  if (w.state == phase::open) mark_dirty(w.session);
  w.code = code;
  w.reason = std::move(fitting);
  w.awaits_peer = awaits_peer;
  w.link->has_ended.store(true, std::memory_order_relaxed);
  w.parser.drop_messages();
  count_waiting(w);
  if (w.state == phase::open) w.state = phase::finishing;
}

// The session is a WebSocket no more: it ends, or it was refused the upgrade, perhaps as it could not be begun.
void connection_actor::leave_websocket(session& s) {
  auto& w = websockets_[s.websocket];
  tell_service_of_end(w, close_code::lost, {}); // may throw: then nothing is given back
  const auto place = std::exchange(s.websocket, none);
  if (w.has_begun()) {
    websocket_metrics_.open->add(-1);
    websocket_metrics_.closed(w.code != 0 ? w.code : close_code::lost);
  }
  held_bytes_ -= w.counted_bytes;
  answer_bytes_ -= w.counted_queue;
  if (w.link) w.link->has_ended.store(true, std::memory_order_relaxed);
  websocket_session left; // frees what the record holds
  left.generation = w.generation;
  left.endpoint = w.endpoint;
  left.unanswered = std::move(w.unanswered);
  w = std::move(left);
  if (w.unanswered.empty()) websockets_.release(place);
}

// What the channel holds of its client's bytes, against the connection actor's bound.
void connection_actor::count_waiting(websocket_session& w) noexcept {
  const auto holds = w.held.size() + w.parser.held_bytes();
  held_bytes_ = held_bytes_ + holds - w.counted_bytes;
  w.counted_bytes = holds;
}

void connection_actor::tell_service_of_end(websocket_session& w, std::uint16_t code, std::string_view reason) {
  if (w.service_was_told || !w.replica) return;
  auto told = actor::make_element(nullptr, caf::message_id{}, w.endpoint->closed(channel_envelope(w), w.link, code, reason));
  if (!w.has_begun()) calls_.send(); // the opening goes first
  w.service_was_told = true;
  actor::deliver(*w.replica->get(), std::move(told), context());
}

actor::envelope connection_actor::channel_envelope(const websocket_session& w) {
  actor::envelope envelope;
  envelope.sent = now_;
  envelope.trace = w.trace;
  envelope.trace.span = new_trace().span;
  envelope.priority = plane_->routes->at(w.route).priority;
  return envelope;
}

websocket_session* connection_actor::find_websocket(const channel_link& link) {
  auto& w = websockets_[link.place];
  return w.generation == link.generation && w.session != none ? &w : nullptr;
}

void connection_actor::on_websocket_deadline(std::uint32_t index) {
  auto& s = sessions_[index];
  auto& w = websockets_[s.websocket];
  const auto now = ticks(now_);
  const bool writes_too_long = s.is(session::blocked) && s.due <= now;
  const bool closes_too_long = w.state == phase::closing && w.close_due <= now;
  if (writes_too_long || closes_too_long) {
    metrics_.timed_out->add();
    return close_session(index);
  }
  if (!w.has_given_up && !w.unanswered.empty() && w.unanswered.front().due <= now) {
    w.has_given_up = true;
    finish_websocket(w, close_code::try_again_later, "the service did not answer in time", true);
    mark_dirty(index);
  }
  if (w.message_due != 0 && w.message_due <= now) {
    w.message_due = tick_in(limits_.body_timeout);
    // While it is not read, the client cannot be late.
    if (may_read(s)) finish_websocket(w, close_code::policy, "the message did not come in time", true);
  }
  if (w.ping_due <= now && w.state == phase::open) {
    on_ping_due(index);
    if (s.fd < 0) return;
  }
  auto next = timing_wheel::never;
  if (w.state == phase::open) next = w.ping_due;
  if (w.state == phase::closing) next = w.close_due;
  if (s.is(session::blocked)) next = std::min(next, s.due);
  if (!w.has_given_up && !w.unanswered.empty()) next = std::min(next, w.unanswered.front().due);
  if (w.message_due != 0 && w.state == phase::open) next = std::min(next, w.message_due);
  if (next != timing_wheel::never) wheel_.at_most(index, next);
}

// Silence for the interval: ask. Silence after that: nobody is there. While the channel is not read, its silence says nothing.
void connection_actor::on_ping_due(std::uint32_t index) {
  auto& w = websockets_[sessions_[index].websocket];
  const auto interval = tick_in(limits_.websocket.ping_interval) - ticks(now_);
  const auto since = ticks(now_) - w.last_received;
  if (!may_read(sessions_[index])) {
    w.ping_due = ticks(now_) + interval;
  } else if (w.awaits_pong) {
    metrics_.timed_out->add();
    close_session(index);
  } else if (since < interval) {
    w.ping_due = w.last_received + interval;
  } else {
    w.awaits_pong = true;
    w.ping_due = tick_in(limits_.websocket.pong_timeout);
    websocket::write_control(w.control, websocket::opcode::ping, {});
    mark_dirty(index);
  }
}

void connection_actor::watch_replica(const caf::strong_actor_ptr& replica) {
  const auto address = caf::actor_cast<caf::actor_addr>(replica);
  if (std::find(watched_replicas_.begin(), watched_replicas_.end(), address) != watched_replicas_.end()) return;
  watched_replicas_.push_back(address);
  actor::observe(*replica->get(), *this);
}

// The state that the channels had there is gone with it.
void connection_actor::on_replica_down(const caf::actor_addr& replica) {
  std::erase(watched_replicas_, replica);
  for (std::uint32_t i = 0; i < websockets_.capacity(); ++i) {
    auto& w = websockets_[i];
    if (w.session != none && caf::actor_cast<caf::actor_addr>(w.replica) == replica)
      finish_websocket(w, close_code::internal, "the service has ended", true);
  }
}

} // namespace troupe::server
