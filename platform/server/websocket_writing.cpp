// connection_actor: a service's messages to a WebSocket's frames.

#include "platform/base/log.hpp"
#include "platform/server/channel_endpoint.hpp"
#include "platform/server/connection.hpp"
#include "platform/websocket/close_code.hpp"
#include "platform/websocket/frame_writer.hpp"

#include <caf/error.hpp>
#include <caf/type_id.hpp>

#include <algorithm>
#include <exception>

namespace troupe::server {

using phase = websocket_session::phase;
namespace close_code = websocket::close_code;

namespace {

// More than this waits in the queue until the socket has taken what was rendered.
constexpr std::size_t render_bytes = 64 * 1024;
// Of all channels together; further messages leave as they are.
constexpr std::size_t deflated_a_turn = 256 * 1024;

} // namespace

// The service has answered a message: that makes room for the next, and the answer may itself be a message.
void connection_actor::on_channel_reply(std::uint64_t number, const caf::message& reply) {
  const auto place = static_cast<std::uint32_t>(number);
  auto& w = websockets_[place];
  const auto answered = std::find_if(w.unanswered.begin(), w.unanswered.end(),
                                     [&](const auto& m) { return channel_number(place, m.number) == number; });
  if (answered == w.unanswered.end()) return;
  w.endpoint->slot().in_flight.leave();
  w.unanswered_bytes -= std::min(w.unanswered_bytes, answered->bytes);
  if (answered->was_compressed) inflated_bytes_ -= answered->bytes;
  w.unanswered.erase(answered);
  if (w.session == none || w.has_given_up) {
    metrics_.late->add();
    if (w.session == none && w.unanswered.empty()) websockets_.release(place);
    return;
  }
  if (reply.match_elements<caf::error>()) {
    const auto& error = reply.get_as<caf::error>(0);
    // An error that is not ours is the framework's: the service has ended.
    const bool is_ours = error.category() == caf::type_id_v<base::errc>;
    const auto why = actor::from_caf(error);
    finish_websocket(w, is_ours ? close_code_of(why.code) : close_code::internal, why.detail, true);
  } else {
    try {
      if (auto message = w.endpoint->answer(reply)) {
        const auto cost = channel_link::cost(message->bytes);
        w.queue.push(std::move(*message));
        w.link->waiting.fetch_add(cost, std::memory_order_relaxed);
        count_queue(w);
      }
    } catch (const std::exception& e) {
      base::log::error("encode_failed", {{"request_id", w.trace.request_id()}, {"reason", e.what()}});
      finish_websocket(w, close_code::internal, "the reply could not be encoded", true);
    }
  }
  mark_dirty(w.session);
}

void connection_actor::on_push(const channel_push& push) {
  const auto bytes = channel_link::cost(push.message.bytes);
  make_room(*push.link, bytes);
  auto* w = find_websocket(*push.link);
  if (!w || w->code != 0) {
    push.link->waiting.fetch_sub(bytes, std::memory_order_relaxed);
    return;
  }
  w->queue.push(push.message);
  count_queue(*w);
  if (w->has_begun()) mark_dirty(w->session);
}

// A queue that is full is written first: the client may be quick, and only this turn's messages many. Then the route's policy decides.
void connection_actor::make_room(const channel_link& link, std::int64_t bytes) {
  const auto is_full = [&](const websocket_session& w) { return !w.queue.empty() && w.queue.cost() + bytes > link.bound; };
  auto* w = find_websocket(link);
  if (!w || w->code != 0) return;
  if (is_full(*w) && w->has_begun()) {
    flush(w->session);
    w = find_websocket(link);
    if (!w || w->code != 0) return;
  }
  auto dropped = w->link->lost.exchange(0, std::memory_order_relaxed);
  const bool may_drop = w->endpoint->options().when_full == channel_options::overflow::drop_oldest;
  while (is_full(*w) || (!may_drop && dropped > 0 && !w->queue.empty())) {
    w->link->waiting.fetch_sub(channel_link::cost(w->queue.pop().bytes), std::memory_order_relaxed);
    ++dropped;
  }
  if (dropped == 0) return;
  websocket_metrics_.dropped->add(dropped);
  w->gap += dropped;
  if (!may_drop) finish_websocket(*w, close_code::try_again_later, "the client reads too slowly", true);
}

// All queues together count against the bound of answers that clients have not taken.
void connection_actor::count_queue(websocket_session& w) {
  const auto cost = static_cast<std::size_t>(w.queue.cost());
  answer_bytes_ = answer_bytes_ + cost - w.counted_queue;
  w.counted_queue = cost;
  if (cost > 0 && answer_bytes_ > limits_.answer_bytes)
    finish_websocket(w, close_code::try_again_later, "too many messages wait for their clients", true);
}

void connection_actor::on_channel_end(const channel_end& end) {
  auto* w = find_websocket(*end.link);
  if (!w) return;
  finish_websocket(*w, websocket::may_be_sent(end.code) ? end.code : close_code::internal, end.reason, true);
}

// A message that many channels get is compressed once: each begins with an empty window.
std::string_view connection_actor::deflated(const base::shared_bytes& message, int window_bits) {
  using deflater = websocket::message_deflater;
  if (message.size() < deflater::least_bytes || message.size() > deflater::most_bytes || deflated_in_turn_ >= deflated_a_turn) return {};
  if (message.view().data() != deflated_message_.view().data() || window_bits != deflated_bits_) {
    deflated_ = deflater_.deflate(message.view(), window_bits);
    deflated_message_ = message;
    deflated_bits_ = window_bits;
    deflated_in_turn_ += message.size();
  }
  return deflated_;
}

void connection_actor::write_message(const websocket_session& w, const outgoing& message) {
  const auto kind = message.is_text ? websocket::opcode::text : websocket::opcode::binary;
  const auto compressed = w.deflate_bits != 0 ? deflated(message.bytes, w.deflate_bits) : std::string_view();
  if (compressed.empty()) {
    websocket::write_frame_header(out_.text(), kind, message.bytes.size());
    out_.add_body(message.bytes);
    return;
  }
  websocket::write_frame_header(out_.text(), kind, compressed.size(), true);
  out_.text() += compressed;
  websocket_metrics_.deflated_from->add(message.bytes.size());
  websocket_metrics_.deflated_to->add(compressed.size());
}

void connection_actor::render_frames(session& s) {
  auto& w = websockets_[s.websocket];
  if (!w.has_begun()) return;
  out_.text() += w.control;
  w.control = {};
  while (!w.queue.empty() && out_.pending() < render_bytes) {
    if (const auto& marker = w.endpoint->options().gap_marker; w.gap > 0 && marker) write_message(w, marker(w.gap));
    w.gap = 0;
    const auto message = w.queue.pop();
    w.link->waiting.fetch_sub(channel_link::cost(message.bytes), std::memory_order_relaxed);
    write_message(w, message);
    websocket_metrics_.sent->add();
  }
  count_queue(w);
  if (!w.may_say_close()) return;
  websocket::write_close(out_.text(), w.code, w.reason);
  if (w.awaits_peer) {
    w.state = phase::closing;
    w.close_due = tick_in(limits_.websocket.close_timeout);
    return wheel_.at_most(w.session, w.close_due);
  }
  s.set(session::close_when_flushed);
  s.set(session::no_more_requests);
  s.set(session::readable); // what may follow would turn a close into a reset
  leave_websocket(s);
}

// Everything rendered has left: write on, read on, or wait.
void connection_actor::settle_websocket(std::uint32_t index) {
  auto& s = sessions_[index];
  auto& w = websockets_[s.websocket];
  const bool early_bytes = s.intake != none;
  if (!w.queue.empty() || !w.control.empty() || w.may_say_close()) mark_dirty(index);
  if (s.is(session::peer_finished) && !early_bytes && !w.has_waiting() && !w.owes_client()) return close_session(index);
  if (may_take_frames(w) && (early_bytes || w.has_waiting() || s.is(session::readable))) resume_later(index);
  if (!s.is(session::registered)) register_with_epoll(index);
}

} // namespace troupe::server
