// connection_actor: what a session on a TLS listener does otherwise.

#include "platform/base/log.hpp"
#include "platform/server/connection.hpp"

#include <cerrno>

namespace troupe::server {

namespace {

// The step of a handshake that signs costs 0.1 ms and up to a millisecond. So many are done in a turn as fit in this time, at least one;
// whoever waits behind them has its turn after everybody else's requests.
constexpr std::chrono::microseconds handshakes_a_turn{100};

// What a record costs beyond its bytes, as bytes of a turn: one of a single byte costs nearly what one of a KiB does.
constexpr std::size_t record_cost = 1024;

} // namespace

void connection_actor::begin_tls(std::uint32_t index) {
  auto& s = sessions_[index];
  s.tls = tls_streams_.acquire(); // as many as there are sessions
  if (s.tls == none || !tls_streams_[s.tls].start(plane_->tls->current(), s.fd)) return close_session(index);
  set_due(s, index, limits_.tls_handshake_timeout); // in total: nothing that the client sends makes it longer
  queue_handshake(index);
}

void connection_actor::queue_handshake(std::uint32_t index) {
  auto& s = sessions_[index];
  auto& stream = tls_streams_[s.tls];
  if (stream.is_queued) return;
  stream.is_queued = true;
  handshakes_.emplace_back(index, s.generation);
}

void connection_actor::shake_hands() {
  const auto end = base::clock::now() + handshakes_a_turn;
  do {
    const auto [index, generation] = handshakes_.front();
    handshakes_.pop_front();
    if (sessions_[index].generation == generation && sessions_[index].tls != none) step_handshake(index);
  } while (!handshakes_.empty() && base::clock::now() < end);
  flush_dirty(); // what those who have just finished asked at once
}

void connection_actor::step_handshake(std::uint32_t index) {
  auto& s = sessions_[index];
  const auto generation = s.generation;
  auto& stream = tls_streams_[s.tls];
  stream.is_queued = false;
  switch (stream.handshake()) {
  case net::tls_stream::outcome::would_block: return register_with_epoll(index);
  case net::tls_stream::outcome::data: break;
  case net::tls_stream::outcome::closed:
  case net::tls_stream::outcome::more:
  case net::tls_stream::outcome::broken:
    tls_metrics_->failed->add();
    base::log::debug("tls_handshake_failed", {{"listener", plane_->name}, {"reason", stream.why_broken()}});
    return close_gently(index); // so that the alert arrives, if there is one
  }
  tls_metrics_->completed(stream.is_1_3(), stream.is_resumed(), stream.is_in_kernel());
  set_due(s, index, draining_ ? limits_.drain_idle : limits_.head_timeout);
  // As after an accept: the request is often here already, and a short connection is spared the registration.
  read(index);
  if (s.fd >= 0 && s.generation == generation && s.in_flight == 0) register_with_epoll(index);
}

// As recv(2), but EINTR when what came held nothing and more may be there.
ssize_t connection_actor::receive_tls(session& s, std::span<char> buffer) {
  auto& stream = tls_streams_[s.tls];
  const auto got = stream.read(buffer);
  received_in_turn_ += stream.records() * record_cost;
  switch (got.result) {
  case net::tls_stream::outcome::data: return static_cast<ssize_t>(got.bytes);
  case net::tls_stream::outcome::closed: return 0;
  case net::tls_stream::outcome::would_block: errno = EAGAIN; return -1;
  case net::tls_stream::outcome::more: errno = EINTR; return -1;
  case net::tls_stream::outcome::broken: break;
  }
  errno = EPROTO;
  return -1;
}

// Each record as full as what is ready fills it: one batch of answers is one record where it fits.
output::progress connection_actor::transmit_tls(session& s, output& o) {
  auto& stream = tls_streams_[s.tls];
  for (std::size_t sent = 0; !o.empty();) {
    if (sent >= output::file_bytes_a_write) return output::progress::unfinished; // others have their turn
    const auto bytes = o.next(record_, net::tls_stream::record_bytes);
    if (bytes.empty()) return output::progress::broken; // a file has shrunk
    const auto moved = stream.write(bytes);
    if (moved.result == net::tls_stream::outcome::would_block) return output::progress::blocked;
    if (moved.result != net::tls_stream::outcome::data) return output::progress::broken;
    o.sent(moved.bytes);
    sent += moved.bytes;
  }
  o.clear();
  return output::progress::finished;
}

// The client hears that nothing more comes, and what is sent after that is dropped unread.
void connection_actor::end_tls(session& s, bool in_order) {
  auto& stream = tls_streams_[s.tls];
  if (in_order) stream.close_notify();
  stream.reset();
  tls_streams_.release(s.tls);
  s.tls = none;
}

} // namespace troupe::server
