// Stands before liburing, in a test program or by LD_PRELOAD in a server: the kernel gets fewer operations than it was to get.

#include "ring_faults.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace troupe::test {

namespace {

ring_plan& load() {
  static ring_plan own{};
  const char* path = std::getenv("RING_FAULTS");
  if (!path) return own;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) std::abort();
  void* at = ::mmap(nullptr, sizeof(ring_plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (at == MAP_FAILED) std::abort();
  return *static_cast<ring_plan*>(at);
}

} // namespace

ring_plan& ring_faults() {
  static ring_plan& plan = load();
  return plan;
}

} // namespace troupe::test

extern "C" int io_uring_submit(io_uring* ring) {
  using function = int (*)(io_uring*);
  static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "io_uring_submit"));
  thread_local unsigned tried = 0; // where a queue ended of which not all was submitted
  const auto& plan = troupe::test::ring_faults();
  const auto queued = ring->sq.sqe_tail - ring->sq.sqe_head;
  const auto refused = std::min(queued, static_cast<unsigned>(plan.refused.load()));
  const auto unanswered = std::min(queued - refused, static_cast<unsigned>(plan.unanswered.load()));
  const auto withheld = refused + unanswered;
  if (withheld == 0) {
    tried = 0;
    return real(ring);
  }
  if (std::exchange(tried, ring->sq.sqe_tail) == ring->sq.sqe_tail) return 0; // the rest of them again: as before
  ring->sq.sqe_tail -= withheld;
  const int taken = withheld < queued ? real(ring) : 0;
  ring->sq.sqe_tail += withheld;
  return taken < 0 ? taken : taken + static_cast<int>(unanswered);
}
