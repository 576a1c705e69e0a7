// connection_actor: answers to bytes.

#include "platform/server/connection.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace troupe::server {

namespace {

// More answers than this wait in their exchanges until the socket has taken what was rendered.
constexpr std::size_t render_bytes = 256 * 1024;
// The write deadline begins anew whenever a client has taken so much.
constexpr std::size_t progress_bytes = 256 * 1024;
constexpr std::size_t files_a_turn = 16; // then other sessions have their turn

// Whether bytes have come that no event has told of: a session is not registered before it waits.
bool has_unread(int fd) noexcept {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

} // namespace

void connection_actor::mark_dirty(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::dirty)) return;
  dirty_.push_back(index);
  s.set(session::dirty);
}

void connection_actor::flush_dirty() {
  if (ring_ && dirty_.size() >= plane_->least_batch) return flush_batches();
  // A flush may make others dirty: an answer sent makes room for a waiting request that is answered at once.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    auto& s = sessions_[dirty_[i]];
    if (!s.is(session::dirty)) continue;
    s.clear(session::dirty);
    if (s.fd >= 0) flush(dirty_[i]);
  }
  dirty_.clear();
}

// All answers that are ready, in the order of their requests, in one system call.
void connection_actor::flush(std::uint32_t index) {
  if (!render_answers(index)) return;
  after_write(index, transmit(sessions_[index], out_));
  out_.clear();
}

// Everything that is ready, into `out_`. False when nothing may be written now.
bool connection_actor::render_answers(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::blocked) || s.is(session::lingering)) return false;
  render(s);
  if (owes_continue(s)) render_continue(index);
  if (s.websocket != none && s.first_exchange == none) render_frames(s);
  return true;
}

void connection_actor::render(session& s) {
  while (s.first_exchange != none && !s.is(session::close_when_flushed)) {
    const auto place = s.first_exchange;
    auto& x = exchanges_[place];
    if (!x.answered || out_.pending() > render_bytes) break;
    const bool upgraded = x.upgrades && x.response.status == 101;
    if (x.stream == none || !streams_[x.stream].has_begun) {
      // When the server drains, the last answer that is owed announces the close.
      const bool ends = draining_ && x.next == none && s.intake == none;
      if (ends && x.keep_alive) s.set(session::readable); // its client may send on: close gently
      x.keep_alive = upgraded || (x.keep_alive && !ends);
      if (!x.keep_alive) s.set(session::no_more_requests);
      http::write_head(out_.text(), x.response, {x.head_only, x.http_1_1, x.keep_alive}, date_line_);
    }
    if (x.stream != none) {
      if (!render_stream(place)) break;
    } else if (!x.head_only && http::has_body(x.response.status)) {
      if (x.response.file) {
        out_.add_file(std::move(x.response.file));
      } else {
        out_.add_body(x.response.body);
      }
    }
    if (!x.keep_alive) s.set(session::close_when_flushed);
    if (upgraded) open_websocket(x.session);
    s.first_exchange = x.next;
    if (s.first_exchange == none) s.last_exchange = none;
    --s.in_flight;
    if (x.awaits) {
      x.session = none; // expired: its place is kept until the service has answered
    } else {
      release_exchange(place);
    }
  }
}

// A client waits for our 100, and all that it asked before is answered.
bool connection_actor::owes_continue(const session& s) const noexcept {
  return s.in_flight == 0 && s.is(session::gathering) && intakes_[s.intake]->owes_continue && !s.is(session::close_when_flushed);
}

// Source: RFC 9110 section 10.1.1.
void connection_actor::render_continue(std::uint32_t index) {
  out_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
  intakes_[sessions_[index].intake]->owes_continue = false;
  begin_body_time(index); // it could not come before it was asked for
}

// `out_` was written for the first time, or the session's own output again.
void connection_actor::after_write(std::uint32_t index, output::progress progress) {
  auto& s = sessions_[index];
  switch (progress) {
  case output::progress::broken: return close_session(index);
  case output::progress::blocked:
  case output::progress::unfinished:
    if (s.output == none) {
      keep_output(index);
      if (s.fd < 0) return;
    } else if (outputs_[s.output]->has_sent(progress_bytes)) {
      set_due(s, index, limits_.write_timeout);
    }
    if (progress == output::progress::unfinished && !std::exchange(outputs_[s.output]->is_due_again, true))
      unfinished_.emplace_back(index, s.generation);
    return register_with_epoll(index);
  case output::progress::finished: break;
  }
  if (s.is(session::blocked)) {
    return_output(s);
    if (s.is(session::gathering)) { // its own deadline had to wait
      const auto& in = *intakes_[s.intake];
      const bool was_asked_for = in.in_body && in.parser.request().expects_continue && in.body_received == 0; // by a 100 that has left only now
      if (was_asked_for) begin_body_time(index);
      time_request(index);
    }
  }
  settle(index);
}

// The socket takes no more: what is left of `out_` waits in an output of the session's own.
void connection_actor::keep_output(std::uint32_t index) {
  auto& s = sessions_[index];
  if (answer_bytes_ + out_.held() > limits_.answer_bytes) return close_session(index); // nothing can be kept for it
  if (free_outputs_.empty()) {
    outputs_.push_back(std::make_unique<output>());
    free_outputs_.push_back(static_cast<std::uint32_t>(outputs_.size() - 1));
  }
  s.output = free_outputs_.back();
  free_outputs_.pop_back();
  metrics_.outputs->add(1);
  auto& kept = *outputs_[s.output];
  std::swap(kept, out_);
  kept.counted = kept.held();
  answer_bytes_ += kept.counted;
  s.set(session::blocked);
  set_due(s, index, limits_.write_timeout);
}

void connection_actor::return_output(session& s) {
  if (s.output == none) return;
  auto& kept = *outputs_[s.output];
  answer_bytes_ -= std::exchange(kept.counted, 0);
  kept.clear();
  if (free_outputs_.size() >= kept_buffers) kept = {}; // a crowd that has passed is not kept for
  free_outputs_.push_back(std::exchange(s.output, none));
  metrics_.outputs->add(-1);
  s.clear(session::blocked);
}

// Files of which their sockets may take more. Each output is in the list once.
void connection_actor::write_unfinished() {
  const auto count = std::min(unfinished_.size(), files_a_turn);
  for (std::size_t i = 0; i < count; ++i) {
    const auto [index, generation] = unfinished_[i];
    auto& s = sessions_[index];
    if (s.generation != generation || s.output == none) continue;
    auto& pending = *outputs_[s.output];
    if (std::exchange(pending.is_due_again, false)) after_write(index, transmit(s, pending));
  }
  unfinished_.erase(unfinished_.begin(), unfinished_.begin() + static_cast<std::ptrdiff_t>(count));
}

// Everything that was ready has left: close, read on, or wait.
void connection_actor::settle(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::close_when_flushed)) {
    s.clear(session::open_ended);
    // Bytes that nobody reads would turn the close into a reset.
    const bool reset_threatens = s.is(session::readable) || s.intake != none || has_unread(s.fd);
    if (s.is(session::peer_finished) || !reset_threatens) return close_session(index);
    return close_gently(index);
  }
  if (s.first_exchange != none && can_render(exchanges_[s.first_exchange])) return mark_dirty(index);
  if (s.websocket != none && websockets_[s.websocket].has_begun()) return settle_websocket(index);
  const bool goes_on = (s.intake != none && !s.is(session::gathering)) || s.is(session::readable);
  if (goes_on) resume_later(index);
  if (s.in_flight == 0) {
    if (!goes_on && s.is(session::peer_finished)) return close_session(index);
    if (!s.is(session::gathering)) set_due(s, index, draining_ ? limits_.drain_idle : limits_.idle_timeout); // going on may find nothing
  }
  if (!s.is(session::registered)) register_with_epoll(index);
}

} // namespace troupe::server
