#include "platform/net/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace troupe::net {

base::result<std::unique_ptr<poller>> poller::open() {
  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  const int call_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event call{};
  call.events = EPOLLIN | EPOLLET; // each write is one edge and wakes one thread; the count is never read
  call.data.ptr = nullptr;
  if (epoll_fd < 0 || call_fd < 0 || ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, call_fd, &call) != 0) {
    if (epoll_fd >= 0) ::close(epoll_fd);
    if (call_fd >= 0) ::close(call_fd);
    return base::fail(base::errc::unavailable, "no descriptors for polling: raise the limit of open files");
  }
  return std::unique_ptr<poller>(new poller(epoll_fd, call_fd));
}

poller::~poller() {
  ::close(call_fd_);
  ::close(epoll_fd_);
}

base::result<void> poller::add(int fd, sleeper& who) {
  epoll_event event{};
  event.events = EPOLLONESHOT;
  event.data.ptr = &who;
  const std::lock_guard lock(guard_);
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0)
    return base::fail(base::errc::unavailable, "the kernel refuses to poll another descriptor");
  sleepers_.push_back(&who);
  return {};
}

void poller::arm(int fd, sleeper& who) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = &who;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

void poller::remove(int fd, sleeper& who) noexcept {
  const std::lock_guard lock(guard_);
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  std::erase(sleepers_, &who);
}

void poller::wait(std::chrono::milliseconds most) {
  epoll_event event{};
  // One, so that what is ready besides wakes another thread that waits: one that took two would run them after each other.
  if (::epoll_wait(epoll_fd_, &event, 1, static_cast<int>(most.count())) > 0) {
    const std::lock_guard lock(guard_);
    auto* who = static_cast<sleeper*>(event.data.ptr);
    // One that was removed between the wait and the lock must not be touched.
    if (who && std::find(sleepers_.begin(), sleepers_.end(), who) != sleepers_.end()) who->wake();
  }
  const auto now = base::clock::now();
  auto look = next_look_.load(std::memory_order_relaxed);
  const auto next = (now + tick).time_since_epoch().count();
  if (now.time_since_epoch().count() >= look && next_look_.compare_exchange_strong(look, next)) wake_due(now);
}

void poller::wake_due(base::time_point now) {
  const std::lock_guard lock(guard_);
  for (auto* who : sleepers_) {
    auto due = who->due.load(std::memory_order_relaxed);
    if (due <= now.time_since_epoch().count() &&
        who->due.compare_exchange_strong(due, sleeper::never, std::memory_order_relaxed))
      who->wake();
  }
}

void poller::call() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(call_fd_, &one, sizeof one);
}

} // namespace troupe::net
