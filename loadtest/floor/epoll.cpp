// The bare epoll loop: edge-triggered, one write per batch of pipelined requests, no allocation once it runs.

#include "loadtest/floor/floor.hpp"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace troupe::loadtest {
namespace {

constexpr int events_per_wait = 512;
constexpr std::size_t buffer_size = 64 * 1024;

class loop {
 public:
  loop(int listener, const floor_options& given)
      : listener_(listener), closes_(given.closes), response_size_(given.response.size()),
        poll_(epoll_create1(EPOLL_CLOEXEC)), input_(std::make_unique<char[]>(buffer_size)), states_(descriptor_limit()) {
    if (poll_ < 0) fail("cannot start a thread's loop");
    while (batch_.size() < buffer_size) batch_ += given.response;
    watch(listener_, EPOLLIN);
  }

  [[noreturn]] void run() {
    epoll_event events[events_per_wait];
    while (true) {
      const int ready = epoll_wait(poll_, events, events_per_wait, -1);
      if (ready < 0 && errno != EINTR) fail("cannot wait for events");
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == listener_) {
          accept_all();
        } else {
          serve(events[i].data.fd, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
        }
      }
    }
  }

 private:
  struct connection {
    std::size_t owed = 0; ///< Bytes of answers not yet written: as they are alike, also which byte is next.
    std::uint8_t matched = 0;
    bool answered = false; ///< In --close mode: the one answer was begun.
  };

  void watch(int descriptor, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("cannot watch a descriptor");
  }

  void accept_all() {
    while (true) {
      const int accepted = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted < 0) {
        if (errno == EAGAIN) return;
        if (errno == EMFILE || errno == ENFILE) fail("cannot accept; raise the descriptor limit (ulimit -n)");
        continue; // The connection died in the backlog, or a signal came: accept4(2), "Error handling".
      }
      if (static_cast<std::size_t>(accepted) >= states_.size()) fail("too many descriptors");
      states_[static_cast<std::size_t>(accepted)] = {};
      if (serve(accepted, false)) watch(accepted, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  /// Reads and answers what is there. False, and closed, when nobody is left to answer.
  bool serve(int descriptor, bool hung_up) {
    connection& state = states_[static_cast<std::size_t>(descriptor)];
    while (true) {
      const ssize_t got = recv(descriptor, input_.get(), buffer_size, 0);
      const bool nothing = got < 0 && errno == EAGAIN;
      if (got == 0 || (got < 0 && !nothing)) break;
      const std::size_t heads = nothing ? 0 : count_heads(input_.get(), input_.get() + got, state.matched);
      if (closes_ && heads > 0) {
        if (!state.answered) state.owed = response_size_;
        state.answered = true;
      } else {
        state.owed += heads * response_size_;
      }
      if (state.owed > 0 && !write_owed(descriptor, state)) break;
      if (state.answered && state.owed == 0) break;
      // A short read has emptied the socket (epoll(7)); only an end of stream needs another.
      if (nothing || (static_cast<std::size_t>(got) < buffer_size && !hung_up)) return true;
    }
    close(descriptor);
    return false;
  }

  /// False when the connection is broken. What does not fit into the socket stays owed until EPOLLOUT.
  bool write_owed(int descriptor, connection& state) {
    while (state.owed > 0) {
      const std::size_t from = (response_size_ - state.owed % response_size_) % response_size_;
      const std::size_t size = std::min(state.owed, batch_.size() - from);
      const ssize_t sent = send(descriptor, batch_.data() + from, size, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      state.owed -= static_cast<std::size_t>(sent);
    }
    return true;
  }

  int listener_;
  bool closes_;
  std::size_t response_size_;
  int poll_;
  std::unique_ptr<char[]> input_;
  std::vector<connection> states_; ///< Indexed by descriptor.
  std::string batch_;              ///< The answer, repeated: any run of owed bytes is one contiguous write.
};

} // namespace

void serve_by_epoll(int listener, const floor_options& given) { loop(listener, given).run(); }

} // namespace troupe::loadtest
