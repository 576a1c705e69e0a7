#include "platform/net/ring.hpp"

#include "platform/base/clock.hpp"
#include "platform/net/socket.hpp"

#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::net {

namespace {

constexpr std::int32_t not_done = INT32_MIN;
constexpr int submissions_tried = 3;
constexpr std::chrono::seconds longest_wait{1}; // for what should be there already

base::error refused(const std::string& why) { return {base::errc::unavailable, "no io_uring: " + why}; }

bool has_operations(io_uring& ring) {
  auto* probe = ::io_uring_get_probe_ring(&ring);
  if (!probe) return false;
  const bool both = ::io_uring_opcode_supported(probe, IORING_OP_RECV) != 0 && ::io_uring_opcode_supported(probe, IORING_OP_SEND) != 0;
  ::io_uring_free_probe(probe);
  return both;
}

// The kernel may write to them at any time, so they live as long as the process.
void keep_forever(std::unique_ptr<char[]> buffers) {
  static std::mutex access;
  static std::vector<std::unique_ptr<char[]>> kept;
  const std::lock_guard hold(access);
  kept.push_back(std::move(buffers));
}

// Whether the ring has a result before that time.
bool has_result(const io_uring& ring, base::time_point until) noexcept {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::clock::now()).count();
    if (left <= 0) return false;
    pollfd waited{ring.ring_fd, POLLIN, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(left));
    if (ready > 0) return waited.revents == POLLIN;
    if (ready < 0 && errno != EINTR) return false;
  }
}

} // namespace

base::result<std::unique_ptr<ring>> ring::open() {
  auto opened = std::make_unique<io_uring>();
  if (const int failed = ::io_uring_queue_init(most_operations, opened.get(), 0); failed < 0) return refused(std::strerror(-failed));
  std::unique_ptr<ring> made(new ring(std::move(opened))); // from here on it is closed with it
  if (!has_operations(*made->ring_)) return refused("the kernel cannot receive and send with it; Linux 5.7 can");
  if (!made->carries_out_at_once()) return refused("the kernel lets operations wait that were to be done at once");
  return made;
}

ring::ring(std::unique_ptr<io_uring> opened)
    : ring_(std::move(opened)), buffers_(std::make_unique_for_overwrite<char[]>(most_operations * buffer_bytes)) {}

ring::~ring() {
  ::io_uring_queue_exit(ring_.get());
  if (has_lost_) keep_forever(std::move(buffers_));
}

// Tried, as no version number tells it: an empty socket must answer EAGAIN in the call that asks, or a run could wait for a client.
bool ring::carries_out_at_once() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  const socket one(ends[0]);
  const socket other(ends[1]);
  receive(one.fd());
  send(other.fd(), "x");
  receive(one.fd());
  const auto handed = submit();
  has_lost_ = ::io_uring_cq_ready(ring_.get()) != handed;
  if (has_lost_ || handed != count_ || !take_results(handed)) return false;
  const bool right = result(0) == -EAGAIN && result(1) == 1 && result(2) == 1 && buffer(2)[0] == 'x';
  clear();
  return right;
}

void ring::receive(int fd) noexcept { operations_[count_++] = {fd, false, buffer_bytes, not_done}; }

void ring::send(int fd, std::string_view bytes) noexcept {
  operations_[count_] = {fd, true, static_cast<std::uint32_t>(bytes.size()), not_done};
  std::copy(bytes.begin(), bytes.end(), buffer(count_).begin());
  ++count_;
}

void ring::clear() {
  count_ = 0;
  if (!has_lost_) return;
  keep_forever(std::move(buffers_));
  buffers_ = std::make_unique_for_overwrite<char[]>(most_operations * buffer_bytes);
  has_lost_ = false;
}

void ring::run() noexcept {
  unsigned handed = 0;
  if (!is_broken_ && count_ > 0) {
    handed = submit();
    has_lost_ = !take_results(handed);
    is_broken_ = has_lost_ || handed < count_; // the rest stays in the queue, which must not be submitted any more
  }
  for (std::size_t i = 0; is_broken_ && i < count_; ++i) {
    if (operations_[i].result != not_done) continue;
    if (i < handed) {
      operations_[i].result = -ETIMEDOUT;
    } else {
      carry_out(i);
    }
  }
}

// How many of the operations, the first ones, the kernel has taken.
unsigned ring::submit() noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    const auto& o = operations_[i];
    auto* entry = ::io_uring_get_sqe(ring_.get()); // as many as there can be operations, and all were submitted before
    if (o.is_send) {
      ::io_uring_prep_send(entry, o.fd, buffer(i).data(), o.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else {
      ::io_uring_prep_recv(entry, o.fd, buffer(i).data(), o.size, MSG_DONTWAIT);
    }
    ::io_uring_sqe_set_data64(entry, i);
  }
  unsigned handed = 0;
  for (int i = 0; i < submissions_tried && handed < count_; ++i) {
    if (const int taken = ::io_uring_submit(ring_.get()); taken > 0) handed += static_cast<unsigned>(taken);
  }
  return handed;
}

// False when not all have come in time. They are there at once: `open` has made sure that the kernel does not let operations wait.
bool ring::take_results(unsigned many) noexcept {
  base::time_point until{};
  for (unsigned taken = 0; taken < many;) {
    io_uring_cqe* completion = nullptr;
    if (::io_uring_peek_cqe(ring_.get(), &completion) == 0) {
      operations_[::io_uring_cqe_get_data64(completion)].result = completion->res;
      ::io_uring_cqe_seen(ring_.get(), completion);
      ++taken;
      continue;
    }
    if (until == base::time_point{}) until = base::clock::now() + longest_wait;
    if (!has_result(*ring_, until)) return false;
  }
  return true;
}

void ring::carry_out(std::size_t i) noexcept {
  auto& o = operations_[i];
  const auto moved = o.is_send ? ::send(o.fd, buffer(i).data(), o.size, MSG_DONTWAIT | MSG_NOSIGNAL)
                               : ::recv(o.fd, buffer(i).data(), o.size, MSG_DONTWAIT);
  o.result = moved < 0 ? -errno : static_cast<std::int32_t>(moved);
}

} // namespace troupe::net
