// The physical limit for epoll on one machine: answers every request head with the same bytes, nothing else.
// One thread per core, each with its own SO_REUSEPORT listener and epoll instance; edge-triggered, no parsing
// (heads are only counted), one write per batch of pipelined requests, no allocation once a thread runs.
// Troupe's throughput is reported as a ratio to this program: loadtest/README.md says how.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace troupe::loadtest {
namespace {

constexpr int events_per_wait = 512;
constexpr std::size_t buffer_size = 64 * 1024;
constexpr std::size_t descriptors_limit = 1U << 20;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "troupe_floor: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: troupe_floor --response FILE [--listen HOST:PORT] [--threads N] [--close]\n"
                       "  --response  the raw bytes of one answer, head included\n"
                       "  --listen    an IPv4 address and port, 0 for a free one (default 127.0.0.1:0)\n"
                       "  --threads   1 to 256, default one for each core\n"
                       "  --close     answer one request on each connection, then close it\n");
  std::exit(2);
}

struct options {
  sockaddr_in address{};
  std::string response;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  bool closes = false;
};

/// Counts the ends of request heads (CRLFCRLF) in what was read. `matched` is how much of the next one the
/// connection has seen so far, 0 to 3, so that a head may arrive in pieces.
std::size_t count_heads(const char* bytes, const char* end, std::uint8_t& matched) {
  std::size_t heads = 0;
  while (bytes != end) {
    if (matched == 0) {
      bytes = static_cast<const char*>(std::memchr(bytes, '\r', static_cast<std::size_t>(end - bytes)));
      if (bytes == nullptr) return heads;
    }
    const char byte = *bytes++;
    matched = byte == "\r\n\r\n"[matched] ? matched + 1 : byte == '\r';
    heads += matched == 4 ? 1 : 0;
    matched %= 4;
  }
  return heads;
}

int listen_on(sockaddr_in& address) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
      // Accepted sockets inherit NODELAY, and are only accepted with their first request.
      setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof on) != 0) {
    fail("cannot make a listening socket");
  }
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) fail("cannot bind --listen");
  if (listen(listener, 4096) != 0) fail("cannot listen");
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  return listener;
}

/// One thread's loop with the connections its listener accepted.
class loop {
 public:
  loop(int listener, const options& given)
      : listener_(listener), closes_(given.closes), response_size_(given.response.size()),
        poll_(epoll_create1(EPOLL_CLOEXEC)), input_(std::make_unique<char[]>(buffer_size)) {
    rlimit descriptors{};
    if (poll_ < 0 || getrlimit(RLIMIT_NOFILE, &descriptors) != 0) fail("cannot start a thread's loop");
    states_.resize(std::min<std::size_t>(descriptors.rlim_cur, descriptors_limit));
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

unsigned number_from(const std::string& text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || *end != '\0' || value < least || value > most) usage();
  return value;
}

options parse(int count, char** arguments) {
  options parsed;
  std::string listen = "127.0.0.1:0";
  std::string file;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    if (name == "--close") {
      parsed.closes = true;
    } else if (i + 1 == count) {
      usage();
    } else if (name == "--response") {
      file = arguments[++i];
    } else if (name == "--listen") {
      listen = arguments[++i];
    } else if (name == "--threads") {
      parsed.threads = number_from(arguments[++i], 1, 256);
    } else {
      usage();
    }
  }
  const auto colon = std::min(listen.rfind(':'), listen.size() - 1);
  parsed.address.sin_family = AF_INET;
  const unsigned port = number_from(listen.substr(colon + 1), 0, 65535);
  parsed.address.sin_port = htons(static_cast<std::uint16_t>(port));
  const std::string host = listen.substr(0, colon);
  if (file.empty() || inet_pton(AF_INET, host.c_str(), &parsed.address.sin_addr) != 1) usage();
  std::ifstream stream(file, std::ios::binary);
  parsed.response.assign(std::istreambuf_iterator<char>(stream), {});
  if (parsed.response.empty()) fail("cannot read the --response file, or it is empty");
  return parsed;
}

} // namespace

int serve(int count, char** arguments) {
  options given = parse(count, arguments);
  std::vector<std::thread> threads;
  // The first listener fixes the port that the others share.
  for (unsigned i = 0; i < given.threads; ++i) {
    const int listener = listen_on(given.address);
    threads.emplace_back([listener, &given] { loop(listener, given).run(); });
  }
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &given.address.sin_addr, host, sizeof host);
  std::printf("{\"event\":\"ready\",\"listen\":\"%s:%u\"}\n", host, ntohs(given.address.sin_port));
  std::fflush(stdout);
  for (std::thread& thread : threads) thread.join();
  return 0;
}

} // namespace troupe::loadtest

int main(int count, char** arguments) { return troupe::loadtest::serve(count, arguments); }
