#pragma once

#include "platform/base/clock.hpp"
#include "platform/base/result.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe::net {

/// Something with a pollable descriptor that sleeps until it is readable or a time has come.
class sleeper {
 public:
  static constexpr std::int64_t never = INT64_MAX;

  /// Readiness or time has come: called by the thread that waited. Must not block. At most once an `arm`, and once a due time.
  virtual void wake() = 0;

  /// When to be woken without readiness, as `base::clock` nanoseconds; `never` for not at all. Written by the sleeper, taken by the
  /// poller, which looks every `poller::tick`.
  std::atomic<std::int64_t> due{never};

 protected:
  sleeper() = default;
  ~sleeper() = default;
};

/// Where idle threads wait for all parked actors at once: readiness, due times, and calls to get up. An actor's descriptor is its own
/// epoll instance or a listening socket, so one arming covers thousands of sessions. Whoever has nothing else to do
/// calls `wait`; each readiness wakes one of the waiting threads, which is the one that then does the work: no hand-over from a polling thread.
/// Thread: any, for everything.
class poller {
 public:
  /// How exact a due time is.
  static constexpr std::chrono::milliseconds tick{50};

  /// Errors: unavailable when the kernel refuses an epoll instance.
  [[nodiscard]] static base::result<std::unique_ptr<poller>> open();
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Registers a descriptor, not armed. The sleeper must live until `remove` has returned.
  [[nodiscard]] base::result<void> add(int fd, sleeper& who);

  /// Asks for one wake-up at the next readiness; at once if it is readable now. Cost: one system call.
  void arm(int fd, sleeper& who) noexcept;

  /// Forgets the descriptor and its sleeper; when it returns, `wake` is not running and will not be called. Not from `wake`.
  void remove(int fd, sleeper& who) noexcept;

  /// Blocks for at most `most` (0: not at all) until something is ready, due or called; wakes one that is ready, and all that are due, on this thread.
  void wait(std::chrono::milliseconds most);

  /// Makes one thread that waits, or the next one that will, return at once.
  void call() noexcept;

 private:
  poller(int epoll_fd, int call_fd) : epoll_fd_(epoll_fd), call_fd_(call_fd) {}
  void wake_due(base::time_point now);

  int epoll_fd_;
  int call_fd_;
  std::mutex guard_; // held while sleepers are woken
  std::vector<sleeper*> sleepers_;
  std::atomic<std::int64_t> next_look_{0}; // at the due times
};

} // namespace troupe::net
