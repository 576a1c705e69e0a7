// connection_actor: the bytes of many sessions in one system call, where the kernel has io_uring.

#include "platform/base/log.hpp"
#include "platform/server/connection.hpp"

#include <cerrno>

namespace troupe::server {

// Whether the session's next bytes may come by a batch: PROXY headers are read by their own rules, and the rest of a body is long. A TLS
// listener has no ring.
bool connection_actor::joins_batch(const session& s) const noexcept {
  return ring_ && !s.is(session::lingering) && !s.is(session::expects_proxy_header) && !s.is(session::gathering);
}

// Sessions that the kernel holds bytes of. Each gets as much as a buffer of the ring holds; who has sent more is then read alone.
void connection_actor::receive_batches() {
  if (to_receive_.size() < plane_->least_batch) {
    for (const auto& [index, generation] : to_receive_) {
      if (sessions_[index].generation == generation) read(index);
      register_unless_busy(index, generation);
    }
    return to_receive_.clear();
  }
  for (std::size_t i = 0; i < to_receive_.size();) {
    batched_.clear();
    for (; i < to_receive_.size() && !ring_->is_full(); ++i) {
      const auto [index, generation] = to_receive_[i];
      auto& s = sessions_[index];
      if (s.generation != generation) continue;
      if (!may_read(s) || s.is(session::no_more_requests) || s.is(session::lingering)) {
        s.set(session::readable);
        continue;
      }
      ring_->receive(s.fd);
      batched_.push_back(to_receive_[i]);
    }
    ring_->run();
    for (std::size_t k = 0; k < batched_.size(); ++k) {
      const auto [index, generation] = batched_[k];
      if (sessions_[index].generation != generation) continue;
      if (take_received(index, ring_->buffer(k), ring_->result(k))) read(index);
      register_unless_busy(index, generation);
    }
    ring_->clear();
  }
  to_receive_.clear();
}

// A short connection that is answered soon is spared the registration.
void connection_actor::register_unless_busy(std::uint32_t index, std::uint32_t generation) {
  auto& s = sessions_[index];
  if (s.fd >= 0 && s.generation == generation && s.in_flight == 0) register_with_epoll(index);
}

// As `flush` for each dirty session. Answers that are not one small run of bytes leave by calls of their own.
void connection_actor::flush_batches() {
  for (std::size_t i = 0; i < dirty_.size();) {
    batched_.clear();
    for (; i < dirty_.size() && !ring_->is_full(); ++i) {
      const auto index = dirty_[i];
      auto& s = sessions_[index];
      // One send a session in a batch, as the first may come short. A channel that is closed as it is rendered is dirty again at once.
      if (s.is(session::sending)) break;
      if (!s.is(session::dirty)) continue;
      s.clear(session::dirty);
      if (s.fd < 0 || !render_answers(index)) continue;
      const auto bytes = out_.single_run();
      if (bytes.empty() || bytes.size() > net::ring::buffer_bytes) {
        after_write(index, transmit(s, out_));
      } else {
        ring_->send(s.fd, bytes);
        batched_.emplace_back(index, s.generation);
        s.set(session::sending);
      }
      out_.clear();
    }
    ring_->run();
    for (std::size_t k = 0; k < batched_.size(); ++k) {
      const auto [index, generation] = batched_[k];
      auto& s = sessions_[index];
      if (s.generation != generation) continue;
      s.clear(session::sending);
      const auto bytes = ring_->buffer(k);
      const auto sent = ring_->result(k);
      auto progress = output::progress::finished;
      if (sent == -ETIMEDOUT) { // nobody knows what has left
        progress = output::progress::broken;
      } else if (sent < static_cast<ssize_t>(bytes.size())) { // full, or failed: a call of its own tells which
        const auto rest = bytes.subspan(sent > 0 ? static_cast<std::size_t>(sent) : 0);
        out_.text().append(rest.data(), rest.size());
        progress = transmit(s, out_);
      }
      after_write(index, progress);
      out_.clear();
    }
    ring_->clear();
  }
  dirty_.clear();
}

// Each session's receives and sends are done by calls of their own from now on.
void connection_actor::give_up_ring() {
  base::log::warn("io_uring_given_up", {{"listener", plane_->name}, {"reason", "the kernel takes or answers no more operations"}});
  ring_.reset();
}

} // namespace troupe::server
