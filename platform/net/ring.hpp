#pragma once

#include "platform/base/result.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct io_uring;

namespace troupe::net {

/// Small receives and sends of many sockets, all in one system call (io_uring). Each has a buffer of the ring's own. All are carried out
/// at once, as recv(2) and send(2) with MSG_DONTWAIT: nothing stays behind in the kernel, so that a socket may be closed, and its
/// number be another's, as soon as `run` has returned; and no socket costs anything while nothing happens on it.
/// Use: `receive` and `send`, `run`, then look at `result`s by the order of the operations, `clear`. Thread: one at a time, not always the same.
/// When a ring ends, the kernel interrupts what threads that have opened or run it wait for (EINTR). Cost: 256 KiB of buffers and a descriptor.
class ring {
 public:
  static constexpr std::size_t most_operations = 64; ///< in one `run`
  static constexpr std::size_t buffer_bytes = 4096;  ///< of each

  /// Errors: unavailable, with the reason, when the kernel has no io_uring, forbids it (a container's seccomp rules, kernel.io_uring_disabled),
  /// lacks an operation, or does not carry operations out at once.
  [[nodiscard]] static base::result<std::unique_ptr<ring>> open();
  ~ring();
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  [[nodiscard]] bool is_full() const noexcept { return count_ == most_operations; }
  /// Receives at most `buffer_bytes`. Not when full.
  void receive(int fd) noexcept;
  /// Sends a copy of at most `buffer_bytes`. Not when full. A socket that has a send in this run must get no other: the first may come short.
  void send(int fd, std::string_view bytes) noexcept;

  /// Carries out what has been added. What the kernel does not take, for lack of memory, is done by calls of its own. Waits a second at most,
  /// for a kernel that takes operations and does not answer: no other lets anybody wait.
  void run() noexcept;

  /// How many bytes operation `i` has moved, 0 at the end of what is received, or an error's number, negative. -ETIMEDOUT also when the kernel
  /// has taken it and not answered: bytes may have moved or not, so the socket can only be closed.
  [[nodiscard]] ssize_t result(std::size_t i) const noexcept { return operations_[i].result; }
  /// What was received, if anything, and has room for more; or what was to be sent.
  [[nodiscard]] std::span<char> buffer(std::size_t i) noexcept { return {buffers_.get() + i * buffer_bytes, operations_[i].size}; }
  void clear();

  /// The kernel has failed to take operations or to answer them: `run` works on, by one call for each, and the ring is of no use any more.
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }

 private:
  struct operation {
    int fd;
    bool is_send;
    std::uint32_t size;
    std::int32_t result;
  };
  explicit ring(std::unique_ptr<io_uring> opened);
  [[nodiscard]] bool carries_out_at_once();
  [[nodiscard]] unsigned submit() noexcept;
  [[nodiscard]] bool take_results(unsigned many) noexcept;
  void carry_out(std::size_t i) noexcept;

  std::unique_ptr<io_uring> ring_;
  std::unique_ptr<char[]> buffers_;
  std::array<operation, most_operations> operations_;
  std::size_t count_ = 0;
  bool is_broken_ = false;
  bool has_lost_ = false; // operations that the kernel has not answered
};

} // namespace troupe::net
