// connection_actor: a WebSocket's bytes to a service's messages.

#include "platform/base/log.hpp"
#include "platform/server/channel_endpoint.hpp"
#include "platform/server/connection.hpp"
#include "platform/websocket/close_code.hpp"
#include "platform/websocket/frame_writer.hpp"

#include <algorithm>
#include <exception>

namespace troupe::server {

namespace {

// Then other sessions have their turn: a flood of pings or of one-byte fragments costs each turn some tens of microseconds.
constexpr int frames_a_turn = 256;
// Of all compressed messages together; the others wait for the next turn. A turn more costs little, and a long one keeps everybody waiting.
constexpr std::size_t inflated_a_turn = 32 * 1024;
// However few bytes it came in.
constexpr std::size_t always_inflated = 8 * 1024;

} // namespace

// Back-pressure: with its share of messages unanswered, or with answers waiting that the client does not take, a channel is not read.
bool connection_actor::may_take_frames(const websocket_session& w) const noexcept {
  if (w.state == websocket_session::phase::closing) return true;
  const auto& bounds = w.endpoint->options();
  return w.state == websocket_session::phase::open && w.unanswered.size() < bounds.unanswered &&
         w.unanswered_bytes < bounds.queue_bytes && w.queue.cost() < w.link->bound;
}

bool connection_actor::may_inflate() const noexcept { return inflated_in_turn_ < inflated_a_turn; }

// New bytes. What cannot be taken now is held; nothing more is read until it is taken.
void connection_actor::take_frames(std::uint32_t index, std::span<char> bytes) {
  auto& w = websockets_[sessions_[index].websocket];
  w.last_received = ticks(now_);
  if (w.awaits_pong) {
    w.awaits_pong = false;
    w.ping_due = tick_in(limits_.websocket.ping_interval);
  }
  parse_frames(index, bytes);
  w.held.assign(bytes.begin(), bytes.end());
  w.held_begin = 0;
  after_frames(index);
}

// Held bytes are parsed where they lie, so that many small messages are not moved for each few that are taken.
void connection_actor::take_held(std::uint32_t index) {
  auto& s = sessions_[index];
  auto& w = websockets_[s.websocket];
  if (!w.has_begun() || s.is(session::blocked)) return;
  if (s.intake != none) { // came with the request to upgrade
    const auto& early = intakes_[s.intake]->bytes;
    w.held.assign(early.begin(), early.end());
    return_intake(s);
  }
  auto bytes = w.waiting();
  parse_frames(index, bytes);
  w.held_begin = w.held.size() - bytes.size();
  after_frames(index);
}

// Takes frames from the front of `bytes`. The session stays, whatever is in them: its end is prepared here, and comes with the writing.
void connection_actor::parse_frames(std::uint32_t index, std::span<char>& bytes) {
  using event = websocket::frame_parser::event;
  auto& w = websockets_[sessions_[index].websocket];
  for (int left = frames_a_turn; left > 0 && !bytes.empty() && may_take_frames(w); --left) {
    if (w.deflate_bits != 0 && !may_inflate()) break;
    const bool is_open = w.state == websocket_session::phase::open; // when closing, only the close frame counts
    switch (w.parser.next(bytes)) {
    case event::need_more:
    case event::fragment:
    case event::pong: break;
    case event::message:
      w.message_due = 0;
      if (is_open) deliver(index, w);
      break;
    case event::ping:
      if (is_open) websocket::write_control(w.control, websocket::opcode::pong, w.parser.payload());
      break;
    case event::close: on_close_frame(w); break;
    case event::refused:
      if (is_open) {
        finish_websocket(w, w.parser.code(), w.parser.payload(), false);
      } else {
        w.state = websocket_session::phase::over;
      }
      break;
    }
  }
}

void connection_actor::after_frames(std::uint32_t index) {
  auto& s = sessions_[index];
  auto& w = websockets_[s.websocket];
  if (!w.has_waiting()) {
    w.held = {}; // an idle channel keeps no buffer
    w.held_begin = 0;
  }
  if (w.state == websocket_session::phase::over) {
    s.set(session::close_when_flushed);
    s.set(session::no_more_requests);
    s.set(session::readable); // what may follow would turn a close into a reset
    leave_websocket(s);
    return mark_dirty(index);
  }
  w.parser.forget_message();
  inflater_.forget();
  count_waiting(w);
  if (w.counted_bytes > 0 && held_bytes_ > limits_.held_bytes)
    finish_websocket(w, websocket::close_code::try_again_later, "too many incomplete messages at once", false);
  if (!w.parser.is_in_message()) {
    w.message_due = 0;
  } else if (w.message_due == 0) {
    w.message_due = tick_in(limits_.body_timeout);
    wheel_.at_most(index, w.message_due);
  }
  if (!w.control.empty() || (s.is(session::peer_finished) && !w.has_waiting())) mark_dirty(index); // settled once written
  if (w.has_waiting() && may_take_frames(w)) resume_later(index);
}

void connection_actor::resume_later(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::resumable)) return;
  resumable_.push_back(index);
  s.set(session::resumable);
}

// The parser's message into `inflater_`. False when the channel is finished instead.
bool connection_actor::inflate(websocket_session& w) {
  namespace close_code = websocket::close_code;
  using outcome = websocket::message_inflater::outcome;
  const auto finish = [&](std::uint16_t code, std::string_view why, bool awaits_peer) {
    finish_websocket(w, code, why, awaits_peer);
    return false;
  };
  if (inflated_bytes_ >= limits_.websocket.inflated_bytes)
    return finish(close_code::try_again_later, "too many compressed messages at once", true);
  const auto compressed = w.parser.payload();
  const auto most = std::min(limits_.websocket.message_bytes, std::max(always_inflated, limits_.websocket.most_inflation * compressed.size()));
  const auto seen = inflater_.inflate(compressed, most, w.parser.kind() == websocket::opcode::text);
  inflated_in_turn_ += std::max(compressed.size(), inflater_.message().size());
  switch (seen) {
  case outcome::complete: break;
  case outcome::too_big:
    inflated_in_turn_ += most; // so much was inflated in vain
    return finish(close_code::too_big, "the message inflates to more than this server accepts", false);
  case outcome::bad_data: return finish(close_code::bad_text, "the message is not compressed by the rules", false);
  case outcome::bad_text: return finish(close_code::bad_text, "the text is not UTF-8", false);
  case outcome::no_memory: return finish(close_code::try_again_later, "there is no memory to inflate the message", true);
  }
  websocket_metrics_.inflated_from->add(compressed.size());
  websocket_metrics_.inflated_to->add(inflater_.message().size());
  return true;
}

// One whole message to the replica that the channel belongs to.
void connection_actor::deliver(std::uint32_t index, websocket_session& w) {
  namespace close_code = websocket::close_code;
  const bool is_compressed = w.parser.is_compressed();
  if (is_compressed && !inflate(w)) return;
  websocket_metrics_.received->add();
  const auto& rule = plane_->routes->at(w.route);
  auto envelope = channel_envelope(w);
  envelope.deadline = now_ + rule.timeout;
  const auto payload = is_compressed ? inflater_.message() : w.parser.payload();
  base::result<caf::message> message = base::fail(base::errc::internal, "the message could not be decoded");
  try {
    message = w.endpoint->receive(std::move(envelope), w.link, {w.parser.kind() == websocket::opcode::text, payload});
  } catch (const std::exception& e) {
    base::log::error("decode_failed", {{"request_id", w.trace.request_id()}, {"reason", e.what()}});
  }
  if (message.has_error()) return finish_websocket(w, close_code_of(message.error().code), message.error().detail, true);
  if (!w.endpoint->slot().in_flight.enter())
    return finish_websocket(w, close_code::try_again_later, "the service has as many requests in flight as it may", true);
  const auto number = w.next_number();
  auto id = actor::request_id(channel_number(sessions_[index].websocket, number));
  if (rule.priority == actor::priority::high) id = id.with_high_priority();
  actor::deliver(*w.replica->get(), actor::make_element(ctrl(), id, std::move(*message)), context());
  w.unanswered.push_back({number, is_compressed, tick_in(rule.timeout), payload.size()});
  w.unanswered_bytes += payload.size();
  if (is_compressed) inflated_bytes_ += payload.size();
  wheel_.at_most(index, w.unanswered.back().due);
}

void connection_actor::on_close_frame(websocket_session& w) {
  if (w.state == websocket_session::phase::closing) {
    w.state = websocket_session::phase::over;
    return;
  }
  finish_websocket(w, w.parser.code(), w.parser.payload(), false);
  w.reason.clear(); // the code is echoed, the client knows its reason
}

} // namespace troupe::server
