#include "platform/net/ring.hpp"

#include "platform/net/socket.hpp"

#include "ring_faults.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::net;
using troupe::base::errc;

namespace {

struct pair_of_sockets {
  pair_of_sockets() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours = troupe::net::socket(fds[0]);
    theirs = troupe::net::socket(fds[1]);
  }
  troupe::net::socket ours, theirs;
};

std::string read_all(int fd) {
  std::string all;
  char bytes[4096];
  for (;;) {
    const auto got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return all;
    all.append(bytes, static_cast<std::size_t>(got));
  }
}

// Null, and said, on a machine whose kernel has none: nothing else can be tested there.
std::unique_ptr<ring> opened() {
  auto r = ring::open();
  if (r.has_error()) WARN("not tested: " << r.error().detail);
  return r ? std::move(*r) : nullptr;
}

std::string received(ring& r, std::size_t i) {
  const auto bytes = r.result(i);
  return bytes > 0 ? std::string(r.buffer(i).data(), static_cast<std::size_t>(bytes)) : std::string();
}

// For the calling thread alone. The syscall's number is the first word of what the filter sees.
bool forbid_io_uring(unsigned error_number) {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Until the end of its life the kernel takes fewer operations, or answers fewer.
struct faults {
  faults(int refused, int unanswered) {
    troupe::test::ring_faults().refused = refused;
    troupe::test::ring_faults().unanswered = unanswered;
  }
  faults(const faults&) = delete;
  faults& operator=(const faults&) = delete;
  ~faults() { troupe::test::ring_faults().refused = troupe::test::ring_faults().unanswered = 0; }
};

// Of the only ring that this process has open.
int descriptor_of_ring() {
  for (int fd = 0; fd < 1024; ++fd) {
    std::array<char, 64> name{};
    const auto size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name.data(), name.size() - 1);
    if (size > 0 && std::strcmp(name.data(), "anon_inode:[io_uring]") == 0) return fd;
  }
  return -1;
}

// Two runs of a receive and a send on each pair; whether everything has come and gone as it should.
bool moves_all(ring& r, std::vector<pair_of_sockets>& pairs) {
  bool all = true;
  for (int round = 0; round < 2; ++round) {
    for (auto& pair : pairs) {
      all = all && ::send(pair.theirs.fd(), "in", 2, 0) == 2;
      r.receive(pair.ours.fd());
      r.send(pair.ours.fd(), "out");
    }
    r.run();
    for (std::size_t i = 0; i < pairs.size(); ++i)
      all = all && received(r, 2 * i) == "in" && r.result(2 * i + 1) == 3 && read_all(pairs[i].theirs.fd()) == "out";
    r.clear();
  }
  return all;
}

} // namespace

TEST_CASE("one run receives and sends on as many sockets as the ring takes, each with its own bytes") {
  const auto r = opened();
  if (!r) return;
  for (int round = 0; round < 3; ++round) {
    std::vector<pair_of_sockets> pairs(ring::most_operations);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      REQUIRE_FALSE(r->is_full());
      const auto text = "socket " + std::to_string(i) + " of round " + std::to_string(round);
      if (i % 2 == 0) {
        REQUIRE(::send(pairs[i].theirs.fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
        r->receive(pairs[i].ours.fd());
      } else {
        r->send(pairs[i].ours.fd(), text);
      }
    }
    CHECK(r->is_full());
    r->run();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto text = "socket " + std::to_string(i) + " of round " + std::to_string(round);
      CHECK(r->result(i) == static_cast<ssize_t>(text.size()));
      CHECK((i % 2 == 0 ? received(*r, i) : read_all(pairs[i].theirs.fd())) == text);
    }
    r->clear();
  }
  CHECK_FALSE(r->is_broken());
}

TEST_CASE("a run tells what recv and send would: nothing there, the end, a peer that is gone, no socket") {
  const auto r = opened();
  if (!r) return;
  const pair_of_sockets silent;
  pair_of_sockets ended;
  pair_of_sockets gone;
  ended.theirs = {};
  gone.theirs = {};
  r->receive(silent.ours.fd());
  r->receive(ended.ours.fd());
  r->send(gone.ours.fd(), "nobody hears this");
  r->receive(-1);
  r->send(silent.ours.fd(), "the others' faults are not mine");
  r->run();
  CHECK(r->result(0) == -EAGAIN);
  CHECK(r->result(1) == 0);
  CHECK(r->result(2) == -EPIPE);
  CHECK(r->result(3) == -EBADF);
  CHECK(r->result(4) > 0);
}

TEST_CASE("a full socket takes a part or nothing, and the run goes on") {
  const auto r = opened();
  if (!r) return;
  const pair_of_sockets full;
  const pair_of_sockets empty;
  const std::string text(ring::buffer_bytes, 'x');
  std::size_t taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    r->send(full.ours.fd(), text);
    r->send(empty.ours.fd(), "y");
    r->run();
    const auto sent = r->result(0);
    REQUIRE(r->result(1) == 1);
    r->clear();
    if (sent > 0) taken += static_cast<std::size_t>(sent);
    if (sent < 0) {
      CHECK(sent == -EAGAIN);
      break;
    }
  }
  CHECK(read_all(full.theirs.fd()).size() == taken);
}

TEST_CASE("more than a buffer's worth is received in parts, in order") {
  const auto r = opened();
  if (!r) return;
  const pair_of_sockets pair;
  std::string text;
  while (text.size() < 2 * ring::buffer_bytes) text += std::to_string(text.size()) + ",";
  REQUIRE(::send(pair.theirs.fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  r->receive(pair.ours.fd());
  r->receive(pair.ours.fd());
  r->run();
  CHECK(r->result(0) == static_cast<ssize_t>(ring::buffer_bytes));
  CHECK(received(*r, 0) + received(*r, 1) + read_all(pair.ours.fd()) == text);
}

TEST_CASE("nothing stays behind: a socket of the same number that comes later keeps its bytes") {
  const auto r = opened();
  if (!r) return;
  pair_of_sockets first;
  const int number = first.ours.fd();
  r->receive(number);
  r->run();
  CHECK(r->result(0) == -EAGAIN);
  r->clear();
  pair_of_sockets second;
  REQUIRE(::dup3(second.ours.fd(), number, O_CLOEXEC) == number); // closes the first
  REQUIRE(::send(second.theirs.fd(), "mine", 4, 0) == 4);
  r->run(); // of nothing
  CHECK(read_all(number) == "mine");
}

TEST_CASE("threads use a ring in turns") {
  const auto r = opened();
  if (!r) return;
  const pair_of_sockets pair;
  for (int i = 0; i < 8; ++i) {
    std::thread([&] {
      r->send(pair.theirs.fd(), "turn");
      r->receive(pair.ours.fd());
      r->run();
    }).join();
    CHECK(received(*r, 1) == "turn");
    r->clear();
  }
}

TEST_CASE("what the kernel does not take of a run is done by calls, and so is all that comes later") {
  const int refused = GENERATE(1, 5, 8, 64);
  const auto r = opened();
  if (!r) return;
  std::vector<pair_of_sockets> pairs(4);
  const faults last_ones(refused, 0);
  CHECK(moves_all(*r, pairs));
  CHECK(r->is_broken());
}

TEST_CASE("a ring whose descriptor has become another's does everything by calls") {
  const auto r = opened();
  if (!r) return;
  const int fd = descriptor_of_ring();
  REQUIRE(fd >= 0);
  const int other = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  REQUIRE(::dup3(other, fd, O_CLOEXEC) == fd);
  ::close(other);
  std::vector<pair_of_sockets> pairs(4);
  CHECK(moves_all(*r, pairs));
  CHECK(r->is_broken());
}

TEST_CASE("what the kernel takes and does not answer is said to have timed out, and everything else is done") {
  const auto r = opened();
  if (!r) return;
  std::vector<pair_of_sockets> pairs(4);
  for (auto& pair : pairs) {
    REQUIRE(::send(pair.theirs.fd(), "in", 2, 0) == 2);
    r->receive(pair.ours.fd());
  }
  {
    const faults second_and_third(1, 2);
    r->run();
  }
  CHECK(r->is_broken());
  CHECK(received(*r, 0) == "in");
  CHECK(r->result(1) == -ETIMEDOUT);
  CHECK(r->result(2) == -ETIMEDOUT);
  CHECK(received(*r, 3) == "in"); // was not taken: by a call
  r->clear();
  for (const std::size_t i : {1, 2}) r->receive(pairs[i].ours.fd());
  r->run();
  CHECK(received(*r, 0) == "in");
  CHECK(received(*r, 1) == "in");
}

TEST_CASE("a kernel that does not answer when it is tried is refused") {
  if (!opened()) return;
  const faults one(0, 1);
  CHECK(ring::open().error().code == errc::unavailable);
}

TEST_CASE("a kernel that forbids or lacks io_uring is an error that says so, and costs no descriptor") {
  for (const unsigned error_number : {EPERM, ENOSYS}) {
    bool forbidden = false;
    std::string detail;
    errc code{};
    std::thread([&] {
      forbidden = forbid_io_uring(error_number);
      const auto before = ::dup(0);
      const auto r = ring::open();
      const auto after = ::dup(0);
      if (r.has_error()) {
        code = r.error().code;
        detail = r.error().detail;
      }
      forbidden = forbidden && after == before + 1;
      ::close(before);
      ::close(after);
    }).join();
    REQUIRE(forbidden);
    CHECK(code == errc::unavailable);
    CHECK(detail == std::string("no io_uring: ") + std::strerror(static_cast<int>(error_number)));
  }
}
