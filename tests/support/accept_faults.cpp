// Loaded into a server under test by LD_PRELOAD: makes accept4 fail as the test says through a file that both have mapped.

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace {

// tests/system/accept_faults.py has the same.
struct plan {
  std::atomic<std::int32_t> error;    // of the accepts that fail
  std::atomic<std::int32_t> left;     // accepts that are still to fail
  std::atomic<std::int32_t> failed;   // accepts that have failed by this plan
  std::atomic<std::int32_t> held;     // accepts that shall not return before their client has reset the connection
  std::atomic<std::int32_t> holding;  // accepts that wait for that now
  std::atomic<std::int32_t> port;     // of the listener that all this is for
};

plan* load() {
  const char* path = std::getenv("ACCEPT_FAULTS");
  const int fd = path ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) std::abort();
  void* at = ::mmap(nullptr, sizeof(plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (at == MAP_FAILED) std::abort();
  return static_cast<plan*>(at);
}

bool take_one(std::atomic<std::int32_t>& count) {
  auto now = count.load();
  while (now > 0 && !count.compare_exchange_weak(now, now - 1)) {}
  return now > 0;
}

std::int32_t port_of(int listener) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  return ::getsockname(listener, reinterpret_cast<sockaddr*>(&own), &size) == 0 ? ntohs(own.sin_port) : -1;
}

void wait_for_reset(int fd) {
  pollfd waited{fd, 0, 0}; // POLLERR and POLLHUP come unasked
  ::poll(&waited, 1, 10'000);
}

} // namespace

extern "C" int accept4(int fd, sockaddr* from, socklen_t* size, int flags) {
  using function = int (*)(int, sockaddr*, socklen_t*, int);
  static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "accept4"));
  static plan& now = *load();
  if (port_of(fd) != now.port) return real(fd, from, size, flags);
  if (take_one(now.left)) {
    ++now.failed;
    errno = now.error;
    return -1;
  }
  const int accepted = real(fd, from, size, flags);
  if (accepted >= 0 && take_one(now.held)) {
    ++now.holding;
    wait_for_reset(accepted);
    --now.holding;
  }
  return accepted;
}
