// The bare io_uring loop: multishot accept and receive with provided buffers, one answer per batch of pipelined requests,
// submitted together with the wait for the next completions; one system call a round, no allocation once it runs.

#include "loadtest/floor/floor.hpp"

#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <vector>

namespace troupe::loadtest {
namespace {

constexpr unsigned submissions = 4096;
constexpr unsigned completions = 4 * submissions;
constexpr unsigned buffers = 1024; // a power of two
constexpr std::size_t buffer_size = 4096;
constexpr std::size_t batch_size = 64 * 1024;
constexpr int group = 0;

class loop {
 public:
  loop(int listener, const floor_options& given)
      : listener_(listener), closes_(given.closes), response_size_(given.response.size()), states_(descriptor_limit()) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
    parameters.cq_entries = completions;
    check(io_uring_queue_init_params(submissions, &ring_, &parameters), "the kernel gives no io_uring (6.1 or newer is needed)");
    check(io_uring_register_ring_fd(&ring_) == 1 ? 0 : -EINVAL, "cannot register the ring");
    check(io_uring_register_files_sparse(&ring_, static_cast<unsigned>(states_.size())), "cannot register descriptors");
    provide_buffers();
    while (batch_.size() < batch_size) batch_ += given.response;
    dirty_.reserve(completions);
    arm_accept();
  }

  [[noreturn]] void run() {
    while (true) {
      const int submitted = io_uring_submit_and_wait(&ring_, 1);
      if (submitted < 0 && submitted != -EINTR && submitted != -EBUSY) check(submitted, "cannot wait for completions");
      unsigned head = 0;
      unsigned taken = 0;
      io_uring_cqe* completion = nullptr;
      io_uring_for_each_cqe(&ring_, head, completion) {
        take(*completion);
        ++taken;
      }
      io_uring_cq_advance(&ring_, taken);
      io_uring_buf_ring_advance(pool_, returned_);
      returned_ = 0;
      for (const int descriptor : dirty_) answer(descriptor);
      dirty_.clear();
    }
  }

 private:
  enum class operation : std::uint8_t { accept, receive, send, close };

  struct connection {
    std::size_t owed = 0; ///< Bytes of answers not yet sent: as they are alike, also which byte is next.
    std::uint8_t matched = 0;
    bool sending = false;
    bool ended = false; ///< Nothing more is received.
    bool dirty = false; ///< Something is owed, or it has ended.
    bool answered = false; ///< In --close mode: the one answer was begun.
  };

  static void check(int result, const char* what) {
    if (result >= 0) return;
    errno = -result;
    fail(what);
  }

  void provide_buffers() {
    const std::size_t entries = buffers * sizeof(io_uring_buf);
    auto* memory = mmap(nullptr, entries + buffers * buffer_size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (memory == MAP_FAILED) fail("cannot allocate the buffers");
    pool_ = static_cast<io_uring_buf_ring*>(memory);
    memory_ = static_cast<char*>(memory) + entries;
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(pool_);
    registration.ring_entries = buffers;
    registration.bgid = group;
    check(io_uring_register_buf_ring(&ring_, &registration, 0), "cannot provide buffers");
    for (unsigned i = 0; i < buffers; ++i) give_back(i);
    io_uring_buf_ring_advance(pool_, returned_);
    returned_ = 0;
  }

  void give_back(unsigned buffer) {
    io_uring_buf_ring_add(pool_, memory_ + buffer * buffer_size, buffer_size, static_cast<unsigned short>(buffer),
                          io_uring_buf_ring_mask(buffers), static_cast<int>(returned_++));
  }

  /// A free entry for one operation, to be filled in; the queue is handed to the kernel first when it is full.
  io_uring_sqe& next() {
    auto* entry = io_uring_get_sqe(&ring_);
    while (entry == nullptr) {
      check(io_uring_submit(&ring_), "cannot submit");
      entry = io_uring_get_sqe(&ring_);
    }
    return *entry;
  }

  static void mark(io_uring_sqe& entry, operation what, int descriptor) {
    io_uring_sqe_set_data64(&entry, static_cast<std::uint64_t>(what) << 32 | static_cast<std::uint32_t>(descriptor));
  }

  void arm_accept() {
    auto& entry = next();
    io_uring_prep_multishot_accept_direct(&entry, listener_, nullptr, nullptr, 0);
    mark(entry, operation::accept, listener_);
  }

  /// A connection that lives for one request is not worth a multishot receive, which would have to be cancelled.
  void arm_receive(int descriptor) {
    auto& entry = next();
    io_uring_prep_recv(&entry, descriptor, nullptr, 0, 0);
    if (!closes_) entry.ioprio |= IORING_RECV_MULTISHOT;
    entry.flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
    entry.buf_group = group;
    mark(entry, operation::receive, descriptor);
  }

  void close(int descriptor) {
    auto& entry = next();
    io_uring_prep_close_direct(&entry, static_cast<unsigned>(descriptor));
    mark(entry, operation::close, descriptor);
  }

  void take(const io_uring_cqe& completion) {
    const auto data = io_uring_cqe_get_data64(&completion);
    const int descriptor = static_cast<int>(data & UINT32_MAX);
    switch (static_cast<operation>(data >> 32)) {
    case operation::accept: return accepted(completion);
    case operation::receive: return received(descriptor, completion);
    case operation::send: return sent(descriptor, completion.res);
    case operation::close:
      if (completion.res == -ECANCELED) close(descriptor); // the answer before it went wrong
      return;
    }
  }

  void accepted(const io_uring_cqe& completion) {
    if (completion.res == -EMFILE || completion.res == -ENFILE) check(completion.res, "cannot accept; raise the descriptor limit (ulimit -n)");
    if (completion.res >= 0) {
      if (static_cast<std::size_t>(completion.res) >= states_.size()) fail("too many descriptors");
      states_[static_cast<std::size_t>(completion.res)] = {};
      arm_receive(completion.res);
    }
    if ((completion.flags & IORING_CQE_F_MORE) == 0) arm_accept();
  }

  void received(int descriptor, const io_uring_cqe& completion) {
    auto& state = states_[static_cast<std::size_t>(descriptor)];
    const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
    if (completion.res > 0) {
      const unsigned buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
      const char* bytes = memory_ + buffer * buffer_size;
      const auto heads = count_heads(bytes, bytes + completion.res, state.matched);
      give_back(buffer);
      if (!closes_) {
        state.owed += heads * response_size_;
      } else if (heads > 0 && !state.answered) {
        state.owed = response_size_;
        state.answered = true;
      }
      if (!more && !state.answered) arm_receive(descriptor);
    } else if (completion.res == -ENOBUFS) { // all are in this round's completions
      if (!more) arm_receive(descriptor);
      return;
    } else {
      state.ended = true;
      state.owed = 0;
    }
    if (state.dirty || (state.owed == 0 && !state.ended)) return;
    state.dirty = true;
    dirty_.push_back(descriptor);
  }

  /// One send at a time keeps the order. What the socket does not take at once waits in the kernel, not here.
  void answer(int descriptor) {
    auto& state = states_[static_cast<std::size_t>(descriptor)];
    state.dirty = false;
    if (state.sending) return;
    if (state.ended) return close(descriptor);
    const std::size_t from = (response_size_ - state.owed % response_size_) % response_size_;
    const std::size_t size = std::min(state.owed, batch_.size() - from);
    auto& entry = next();
    io_uring_prep_send(&entry, descriptor, batch_.data() + from, size, MSG_NOSIGNAL | (closes_ ? MSG_WAITALL : 0));
    mark(entry, operation::send, descriptor);
    entry.flags |= IOSQE_FIXED_FILE;
    state.sending = true;
    if (!closes_) return;
    entry.flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    close(descriptor);
  }

  void sent(int descriptor, int result) {
    auto& state = states_[static_cast<std::size_t>(descriptor)];
    if (closes_) return; // only a failure comes here, and the close that follows it says so too
    state.sending = false;
    if (result < 0) {
      state.owed = 0; // the receive ends with the same error
    } else {
      state.owed -= std::min(state.owed, static_cast<std::size_t>(result));
    }
    if (state.dirty || (state.owed == 0 && !state.ended)) return;
    state.dirty = true;
    dirty_.push_back(descriptor);
  }

  int listener_;
  bool closes_;
  std::size_t response_size_;
  io_uring ring_{};
  io_uring_buf_ring* pool_ = nullptr;
  char* memory_ = nullptr;
  unsigned returned_ = 0; ///< Buffers given back in this round.
  std::vector<connection> states_; ///< Indexed by descriptor.
  std::vector<int> dirty_;
  std::string batch_; ///< The answer, repeated: any run of owed bytes is one contiguous send.
};

} // namespace

void serve_by_ring(int listener, const floor_options& given) { loop(listener, given).run(); }

} // namespace troupe::loadtest
