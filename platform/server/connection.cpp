#include "platform/server/connection.hpp"

#include "platform/base/log.hpp"
#include "platform/http/incomplete_head.hpp"
#include "platform/websocket/close_code.hpp"

#include <caf/system_messages.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <stdexcept>
#include <utility>

namespace troupe::server {

namespace {

constexpr std::size_t scratch_bytes = 64 * 1024;
constexpr std::size_t events_a_turn = 256;
constexpr std::size_t sessions_to_resume_a_turn = 256;
constexpr int receives_to_drop_a_turn = 16; // of a session that lingers

std::uint64_t random_64() {
  std::random_device entropy;
  return static_cast<std::uint64_t>(entropy()) << 32 | entropy();
}

} // namespace

connection_actor::connection_actor(caf::actor_config& config, std::shared_ptr<plane> plane, std::size_t number)
    : turn_actor(config), plane_(std::move(plane)), number_(number), limits_(plane_->limits),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)), epoch_(base::clock::now()), now_(epoch_),
      sessions_(static_cast<std::size_t>(plane_->credits[number]->most())), exchanges_(limits_.in_flight * 2), streams_(limits_.in_flight),
      tls_streams_(plane_->tls ? static_cast<std::size_t>(plane_->credits[number]->most()) : 0),
      websockets_(2 * static_cast<std::size_t>(plane_->credits[number_]->most())),
      scratch_(scratch_bytes), parser_(limits_.request), gzip_(plane_->responses.gzip_level),
      deflater_(limits_.websocket.compression_level),
      ring_(plane_->rings.empty() ? nullptr : std::move(plane_->rings[number])),
      metrics_(*plane_->registry, *plane_->routes, plane_->name, number),
      websocket_metrics_(*plane_->registry, plane_->name, number),
      trace_high_(random_64() | 1), trace_count_(random_64()) {
  free_intakes_.reserve(kept_buffers);
  if (epoll_fd_ < 0) throw std::runtime_error("no descriptor for a connection actor: raise the limit of open files");
  if (plane_->tls) tls_metrics_.emplace(*plane_->registry, plane_->name, number);
  if (auto watched = watch(*plane_->poller, epoll_fd_); !watched) throw std::runtime_error(watched.error().detail);
}

connection_actor::~connection_actor() { ::close(epoll_fd_); }

void connection_actor::on_message(caf::mailbox_element& element) {
  if (!clock_is_fresh_) {
    now_ = base::clock::now();
    clock_is_fresh_ = true;
  }
  if (element.mid.is_response()) {
    on_reply(element);
  } else if (element.payload.match_elements<new_sockets>()) {
    adopt(*element.payload.get_as<new_sockets>(0).sockets);
  } else if (element.payload.match_elements<drain>()) {
    begin_drain(element.payload.get_as<drain>(0).grace);
  } else if (element.payload.match_elements<channel_push>()) {
    on_push(element.payload.get_as<channel_push>(0));
  } else if (element.payload.match_elements<channel_end>()) {
    on_channel_end(element.payload.get_as<channel_end>(0));
  } else if (element.payload.match_elements<caf::down_msg>()) {
    on_replica_down(element.payload.get_as<caf::down_msg>(0).source);
  }
}

connection_actor::verdict connection_actor::on_turn(std::size_t) {
  now_ = base::clock::now();
  date_line_ = date_.at(base::wall_now());
  clock_is_fresh_ = false; // by the next turn it is old
  received_in_turn_ = inflated_in_turn_ = deflated_in_turn_ = 0;
  if (!bounced_.empty()) answer_bounced();
  flush_dirty(); // what the replies among the messages have completed
  std::array<epoll_event, events_a_turn> events;
  const int count = ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto index = static_cast<std::uint32_t>(event.data.u64);
    // The session that the event was for may be gone, and its place be another's.
    if (sessions_[index].generation == event.data.u64 >> 32) on_event(index, event.events);
  }
  if (!to_receive_.empty()) receive_batches();
  write_unfinished();
  resume_sessions();
  calls_.send();
  flush_dirty(); // what was answered without a service
  wheel_.advance(ticks(now_), [this](std::uint32_t index) { on_deadline(index); });
  flush_dirty();
  if (!handshakes_.empty()) {
    shake_hands();
    calls_.send();
  }
  if (ring_ && ring_->is_broken()) give_up_ring();
  metrics_.exchanges->set(static_cast<std::int64_t>(exchanges_.in_use()));
  metrics_.request_bytes->set(static_cast<std::int64_t>(held_bytes_));
  metrics_.answer_bytes->set(static_cast<std::int64_t>(answer_bytes_));
  if (draining_) {
    if (now_ >= drain_end_) {
      for (std::uint32_t i = 0; i < sessions_.capacity(); ++i) {
        if (sessions_[i].fd >= 0) close_session(i);
      }
    }
    if (sessions_.in_use() == 0) return verdict::quit;
  }
  if (count > 0 || !resumable_.empty() || !unfinished_.empty() || !handshakes_.empty()) return verdict::again;
  publish_due();
  return verdict::park;
}

void connection_actor::publish_due() {
  auto at = sleeper::never;
  if (const auto earliest = wheel_.earliest(); earliest != timing_wheel::never)
    at = (epoch_ + earliest * tick).time_since_epoch().count();
  if (draining_) at = std::min(at, static_cast<std::int64_t>(drain_end_.time_since_epoch().count()));
  due.store(at, std::memory_order_relaxed);
}

void connection_actor::adopt(std::vector<accepted_socket>& sockets) {
  for (auto& accepted : sockets) {
    const auto index = sessions_.acquire();
    if (index == none || draining_) {
      // Credits are not more than places, so only a drain comes here: the socket closes with its owner.
      if (index != none) sessions_.release(index);
      plane_->peers->leave(accepted.peer);
      plane_->credits[number_]->leave();
      continue;
    }
    auto& s = sessions_[index];
    const auto generation = s.generation;
    s = session{};
    s.generation = generation;
    s.fd = accepted.socket.release();
    s.peer = accepted.peer;
    if (accepted.from_trusted) s.set(session::from_trusted_proxy);
    if (plane_->proxies.speak_protocol) s.set(session::expects_proxy_header);
    metrics_.sessions_opened->add();
    metrics_.sessions->add(1);
    if (plane_->tls && !plane_->proxies.speak_protocol) {
      begin_tls(index);
      continue;
    }
    set_due(s, index, limits_.head_timeout);
    // Most clients have sent their request already: read at once, and spare a short connection the registration.
    if (joins_batch(s)) {
      to_receive_.emplace_back(index, generation);
    } else {
      read(index);
      register_unless_busy(index, generation);
    }
  }
  sockets.clear();
}

void connection_actor::register_with_epoll(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::registered)) return;
  s.set(session::registered);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = static_cast<std::uint64_t>(s.generation) << 32 | index;
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, s.fd, &event) != 0) {
    base::log::warn("session_not_polled", {{"errno", errno}});
    close_session(index);
  }
}

void connection_actor::on_event(std::uint32_t index, std::uint32_t events) {
  auto& s = sessions_[index];
  if (events & (EPOLLERR | EPOLLHUP)) {
    // The peer has reset, or both sides are shut: nothing can be said any more.
    return close_session(index);
  }
  if ((events & EPOLLOUT) && s.is(session::blocked)) {
    auto& pending = *outputs_[s.output];
    after_write(index, transmit(s, pending));
    if (sessions_[index].fd < 0) return;
  }
  if ((events & (EPOLLIN | EPOLLRDHUP)) || (s.tls != none && tls_streams_[s.tls].waits_to_write())) {
    s.set(session::readable);
    if (events & EPOLLRDHUP) s.set(session::peer_finishes);
    if (joins_batch(s)) {
      to_receive_.emplace_back(index, s.generation);
    } else {
      read(index);
    }
  }
}

void connection_actor::resume_sessions() {
  if (resumable_.empty()) return;
  resuming_.swap(resumable_);
  received_in_turn_ = inflated_in_turn_ = 0; // those that have waited have a share of their own
  std::size_t had_theirs = 0; // of those that are to resume again
  for (std::size_t i = 0; i < resuming_.size(); ++i) {
    if (i == sessions_to_resume_a_turn) {
      resumable_.insert(resumable_.end(), resuming_.begin() + static_cast<std::ptrdiff_t>(i), resuming_.end());
      break;
    }
    const bool has_share = may_inflate() && received_in_turn_ < bytes_a_turn;
    auto& s = sessions_[resuming_[i]];
    if (s.fd < 0 || !s.is(session::resumable)) continue;
    s.clear(session::resumable);
    if (!s.is(session::lingering)) take_waiting(resuming_[i]);
    if (sessions_[resuming_[i]].fd >= 0 && sessions_[resuming_[i]].is(session::readable)) read(resuming_[i]);
    if (has_share) had_theirs = resumable_.size();
  }
  std::rotate(resumable_.begin(), resumable_.begin() + static_cast<std::ptrdiff_t>(had_theirs), resumable_.end()); // the others first
  resuming_.clear();
}

void connection_actor::set_due(session& s, std::uint32_t index, std::chrono::milliseconds from_now) {
  s.due = tick_in(from_now);
  wheel_.at_most(index, s.due);
}

void connection_actor::on_deadline(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.fd < 0) return;
  if (s.websocket != none && websockets_[s.websocket].has_begun()) return on_websocket_deadline(index);
  expire_exchanges(index);
  if (s.fd < 0) return;
  if (s.is(session::gathering) && !s.is(session::blocked)) time_request(index);
  if (s.is_timed() && s.due <= ticks(now_)) {
    metrics_.timed_out->add();
    if (s.tls != none && !tls_streams_[s.tls].is_open()) tls_metrics_->timed_out->add();
    // A client whose request line is here deserves to hear why; before that there is nobody to answer. Answers that are owed to it go first.
    if (s.is(session::gathering) && !s.is(session::blocked)) {
      const auto& partial = *intakes_[s.intake];
      if (s.in_flight > 0 || partial.in_body || http::has_request_line(partial.bytes, limits_.request))
        return refuse(index, {408, "the request did not come in time"}, partial.in_body ? partial.head : partial.bytes);
    }
    return close_session(index);
  }
  // Not yet: whatever is due next.
  auto next = s.is_timed() ? s.due : timing_wheel::never;
  for (auto i = s.first_exchange; i != none; i = exchanges_[i].next) {
    if (!exchanges_[i].answered || exchanges_[i].stream != none) next = std::min(next, exchanges_[i].due);
  }
  if (next == timing_wheel::never) next = tick_in(limits_.idle_timeout);
  wheel_.at_most(index, next);
}

void connection_actor::begin_drain(std::chrono::milliseconds grace) {
  draining_ = true;
  now_ = base::clock::now();
  drain_end_ = now_ + grace;
  for (std::uint32_t i = 0; i < sessions_.capacity(); ++i) {
    auto& s = sessions_[i];
    if (s.fd >= 0 && s.websocket != none) {
      if (auto& w = websockets_[s.websocket]; w.has_begun()) finish_websocket(w, websocket::close_code::going_away, "the server stops", true);
      continue;
    }
    // Not at once: a request that is on its way already shall be answered.
    if (s.fd >= 0 && s.in_flight == 0 && s.intake == none && s.output == none) set_due(s, i, limits_.drain_idle);
  }
}

void connection_actor::close_session(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.fd < 0) return;
  if (s.is(session::open_ended)) { // nothing but a reset tells this end from that of a whole body
    const linger reset{1, 0};
    ::setsockopt(s.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  if (s.tls != none) end_tls(s, !s.is(session::open_ended));
  ::close(s.fd); // takes it out of the epoll instance too
  s.fd = -1;
  ++s.generation;
  if (s.websocket != none) leave_websocket(s);
  return_intake(s);
  return_output(s);
  // What services still work on goes on (a payment stands); its answer will find nobody.
  for (auto i = s.first_exchange; i != none;) {
    const auto next = exchanges_[i].next;
    if (exchanges_[i].stream != none) end_stream(exchanges_[i]);
    exchanges_[i].session = none;
    exchanges_[i].answered = true;
    if (!exchanges_[i].awaits) release_exchange(i);
    i = next;
  }
  s.first_exchange = s.last_exchange = none;
  s.in_flight = 0;
  if (s.is(session::named_by_proxy)) clients_.erase(index);
  s.flags = 0;
  plane_->peers->leave(std::exchange(s.peer, peer_counts::exempt));
  wheel_.cancel(index);
  sessions_.release(index);
  plane_->credits[number_]->leave();
  metrics_.sessions->add(-1);
}

// A close with unread bytes makes the kernel reset the connection, and the client may lose our last answer. So shut our side,
// drop what comes, and close when the client has, or soon.
void connection_actor::close_gently(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.tls != none) end_tls(s, true);
  ::shutdown(s.fd, SHUT_WR);
  s.set(session::lingering);
  s.set(session::no_more_requests);
  return_intake(s);
  register_with_epoll(index);
  if (s.fd < 0) return;
  set_due(s, index, limits_.linger_timeout);
  drop_input(index);
}

void connection_actor::drop_input(std::uint32_t index) {
  auto& s = sessions_[index];
  for (int i = 0; i < receives_to_drop_a_turn && received_in_turn_ < bytes_a_turn; ++i) {
    const auto got = ::recv(s.fd, scratch_.data(), scratch_.size(), 0);
    if (got == 0) return close_session(index);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) close_session(index);
      return;
    }
    received_in_turn_ += static_cast<std::size_t>(got);
  }
  // More may be there, and an edge will not tell again; the linger deadline ends a client that never stops.
  read_next_turn(index);
}

} // namespace troupe::server
