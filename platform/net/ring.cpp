#include "platform/net/ring.hpp"

#include "platform/net/socket.hpp"

#include <liburing.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace troupe::net {

namespace {

constexpr std::int32_t not_done = INT32_MIN;
constexpr int submissions_tried = 3;

base::error refused(const std::string& why) { return {base::errc::unavailable, "no io_uring: " + why}; }

bool has_operations(io_uring& ring) {
  auto* probe = ::io_uring_get_probe_ring(&ring);
  if (!probe) return false;
  const bool both = ::io_uring_opcode_supported(probe, IORING_OP_RECV) != 0 && ::io_uring_opcode_supported(probe, IORING_OP_SEND) != 0;
  ::io_uring_free_probe(probe);
  return both;
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

ring::~ring() { ::io_uring_queue_exit(ring_.get()); }

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
  if (handed != count_ || ::io_uring_cq_ready(ring_.get()) != handed) return false; // what is left ends with the ring
  take_results(handed);
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

void ring::run() noexcept {
  if (!is_broken_ && count_ > 0) {
    const auto handed = submit();
    is_broken_ = handed < count_; // the rest stays in the queue, which must not be submitted any more
    take_results(handed);
  }
  for (std::size_t i = 0; is_broken_ && i < count_; ++i) {
    if (operations_[i].result == not_done) carry_out(i);
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

void ring::take_results(unsigned many) noexcept {
  for (unsigned taken = 0; taken < many;) {
    io_uring_cqe* completion = nullptr;
    // It is there: `open` has made sure that the kernel does not let operations wait.
    if (::io_uring_wait_cqe(ring_.get(), &completion) < 0) continue; // a signal
    operations_[::io_uring_cqe_get_data64(completion)].result = completion->res;
    ::io_uring_cqe_seen(ring_.get(), completion);
    ++taken;
  }
}

void ring::carry_out(std::size_t i) noexcept {
  auto& o = operations_[i];
  const auto moved = o.is_send ? ::send(o.fd, buffer(i).data(), o.size, MSG_DONTWAIT | MSG_NOSIGNAL)
                               : ::recv(o.fd, buffer(i).data(), o.size, MSG_DONTWAIT);
  o.result = moved < 0 ? -errno : static_cast<std::int32_t>(moved);
}

} // namespace troupe::net
