// connection_actor: answers to bytes.

#include "platform/server/connection.hpp"

#include <sys/socket.h>

namespace troupe::server {

namespace {

// More answers than this wait in their exchanges until the socket has taken what was rendered.
constexpr std::size_t render_bytes = 256 * 1024;

} // namespace

void connection_actor::mark_dirty(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::dirty)) return;
  s.set(session::dirty);
  dirty_.push_back(index);
}

void connection_actor::flush_dirty() {
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
  auto& s = sessions_[index];
  if (s.is(session::blocked) || s.is(session::lingering)) return;
  render(s);
  after_write(index, out_.write_to(s.fd));
  out_.clear();
}

void connection_actor::render(session& s) {
  const auto date_line = date_.at(wall_);
  while (s.first_exchange != none && !s.is(session::close_when_flushed)) {
    const auto place = s.first_exchange;
    auto& x = exchanges_[place];
    if (!x.answered || out_.pending() > render_bytes) break;
    // When the server drains, the last answer that is owed announces the close.
    const bool keep_alive = x.keep_alive && !(draining_ && x.next == none && s.intake == none);
    http::write_head(out_.text(), x.response, {x.head_only, x.http_1_1, keep_alive}, date_line);
    if (!x.head_only && http::has_body(x.response.status)) out_.add_body(x.response.body);
    if (!keep_alive) s.set(session::close_when_flushed);
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

// `out_` was written for the first time, or the session's own output again.
void connection_actor::after_write(std::uint32_t index, output::progress progress) {
  auto& s = sessions_[index];
  switch (progress) {
  case output::progress::broken: return close_session(index);
  case output::progress::blocked:
    if (s.output == none) {
      if (free_outputs_.empty()) {
        outputs_.push_back(std::make_unique<output>());
        free_outputs_.push_back(static_cast<std::uint32_t>(outputs_.size() - 1));
      }
      s.output = free_outputs_.back();
      free_outputs_.pop_back();
      metrics_.outputs->add(1);
      std::swap(*outputs_[s.output], out_);
      s.set(session::blocked);
      set_due(s, index, limits_.write_timeout);
    }
    return register_with_epoll(index);
  case output::progress::finished: break;
  }
  if (s.output != none) {
    outputs_[s.output]->clear();
    free_outputs_.push_back(s.output);
    s.output = none;
    metrics_.outputs->add(-1);
    s.clear(session::blocked);
  }
  settle(index);
}

// Everything that was ready has left: close, read on, or wait.
void connection_actor::settle(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::close_when_flushed)) {
    // Bytes that nobody reads would turn the close into a reset.
    if (s.is(session::peer_finished) || (!s.is(session::readable) && s.intake == none)) return close_session(index);
    return close_gently(index);
  }
  if (s.first_exchange != none && exchanges_[s.first_exchange].answered) return mark_dirty(index);
  if ((s.intake != none && !s.is(session::gathering)) || s.is(session::readable)) {
    if (!s.is(session::resumable)) {
      s.set(session::resumable);
      resumable_.push_back(index);
    }
  } else if (s.in_flight == 0) {
    if (s.is(session::peer_finished)) return close_session(index);
    if (!s.is(session::gathering)) set_due(s, index, draining_ ? limits_.drain_idle : limits_.idle_timeout);
  }
  if (!s.is(session::registered)) register_with_epoll(index);
}

} // namespace troupe::server
