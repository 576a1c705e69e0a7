// A closed loop of payments: each connection posts one payment, waits for its answer, posts the next; with --close on a
// connection of its own, which the server is asked to end and ends first. Every payment has a key of its own, so none is a
// replay. One thread and one epoll instance: the server shares these cores.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::loadtest {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto drain_limit = 5s;
constexpr std::uint64_t reconnects_limit = 10'000;

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "troupe_payclient: %s: %s\n", what, why);
  std::exit(1);
}

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: troupe_payclient --connect HOST:PORT [--connections N] [--seconds N] [--close]\n"
                       "  --connect      an IPv4 address and port\n"
                       "  --connections  1 to 10000, default 256\n"
                       "  --seconds      1 to 600, default 5\n"
                       "  --close        a connection for each payment\n");
  std::exit(2);
}

struct options {
  sockaddr_in address{};
  std::string host;
  unsigned connections = 256;
  unsigned seconds = 5;
  bool closes = false;
};

unsigned number_from(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) usage();
  return value;
}

options parse(int count, char** arguments) {
  options parsed;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--close") {
      parsed.closes = true;
      continue;
    }
    if (++i == count) usage();
    const std::string_view value = arguments[i];
    if (name == "--connect") {
      parsed.host = value;
    } else if (name == "--connections") {
      parsed.connections = number_from(value, 1, 10'000);
    } else if (name == "--seconds") {
      parsed.seconds = number_from(value, 1, 600);
    } else {
      usage();
    }
  }
  const auto colon = parsed.host.rfind(':');
  if (colon == std::string::npos) usage();
  const unsigned port = number_from(std::string_view(parsed.host).substr(colon + 1), 1, 65535);
  parsed.address.sin_family = AF_INET;
  parsed.address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, parsed.host.substr(0, colon).c_str(), &parsed.address.sin_addr) != 1) usage();
  return parsed;
}

struct answer {
  std::size_t size = 0; ///< 0: not complete yet.
  unsigned status = 0;  ///< 0: not an answer this client understands.
};

/// What has been received of an answer with a Content-Length.
answer answer_in(std::string_view received) {
  const auto head_end = received.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return {};
  answer parsed{.size = received.size(), .status = 0};
  if (!received.starts_with("HTTP/1.1 ") || head_end < 12) return parsed;
  unsigned status = 0;
  std::from_chars(received.data() + 9, received.data() + 12, status);
  constexpr std::string_view name = "content-length:";
  for (auto line = received.find("\r\n") + 2; line < head_end + 2; line = received.find("\r\n", line) + 2) {
    if (strncasecmp(received.data() + line, name.data(), name.size()) != 0) continue;
    const auto digits = received.find_first_not_of(' ', line + name.size());
    std::size_t length = 0;
    if (std::from_chars(received.data() + digits, received.data() + head_end, length).ec != std::errc())
      return parsed;
    const std::size_t whole = head_end + 4 + length;
    return {.size = received.size() >= whole ? whole : 0, .status = status};
  }
  return parsed;
}

class client {
 public:
  explicit client(const options& given)
      : address_(given.address), closes_(given.closes), poll_(epoll_create1(EPOLL_CLOEXEC)), connections_(given.connections) {
    if (poll_ < 0) fail("cannot make an epoll instance", std::strerror(errno));
    constexpr std::string_view body =
        R"({"customer_id":"17850","amount_minor":13912,"currency":"GBP","reference":"536365"})";
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    head_ = "POST /v1/payments HTTP/1.1\r\nHost: " + given.host +
            (closes_ ? "\r\nConnection: close" : "") +
            "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\nIdempotency-Key: load-" + std::to_string(now) + "-" + std::to_string(getpid()) + "-";
    tail_ = "\r\n\r\n" + std::string(body);
  }

  /// Runs for the time given, then waits for the answers that are still due.
  void run(std::chrono::seconds duration) {
    end_ = clock::now() + duration;
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    std::array<epoll_event, 256> events;
    while (open_ > 0 && clock::now() < end_ + drain_limit) {
      const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 100);
      if (ready < 0 && errno != EINTR) fail("cannot wait for answers", std::strerror(errno));
      for (int i = 0; i < ready; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
    }
    unanswered_ += open_;
    seconds_ = std::chrono::duration<double>(duration).count();
  }

  [[nodiscard]] bool print() const {
    std::printf("{\"payments\":%llu,\"accepted\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,\"errors\":{"
                "\"status\":%llu,"
                "\"first_status\":%u,\"connection\":%llu,\"unanswered\":%llu}}\n",
                number(in_time_), number(accepted_), seconds_, static_cast<double>(in_time_) / seconds_,
                number(refused_), first_refusal_, number(broken_), number(unanswered_));
    return refused_ + broken_ + unanswered_ == 0 && accepted_ > 0;
  }

 private:
  struct connection {
    int descriptor = -1;
    bool answered = false; ///< With --close: what comes next is the connection's end.
    std::size_t filled = 0;
    std::array<char, 8192> input;
  };

  static unsigned long long number(std::uint64_t value) { return value; }

  void open(std::size_t index) {
    connection& link = connections_[index];
    link.filled = 0;
    link.answered = false;
    link.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    if (link.descriptor < 0 || setsockopt(link.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(link.descriptor, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 ||
        fcntl(link.descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(poll_, EPOLL_CTL_ADD, link.descriptor, &event) != 0) {
      fail("cannot connect", std::strerror(errno));
    }
    ++open_;
    post(index);
  }

  void retire(std::size_t index) {
    close(connections_[index].descriptor);
    connections_[index].descriptor = -1;
    --open_;
  }

  /// The connection failed with a payment under way: whether that was made is unknown, so it counts as an
  /// error.
  void replace(std::size_t index) {
    ++broken_;
    retire(index);
    if (broken_ > reconnects_limit) fail("too many broken connections", "the server closes them or is gone");
    if (clock::now() < end_) open(index);
  }

  void renew(std::size_t index) {
    retire(index);
    if (clock::now() < end_) open(index);
  }

  void post(std::size_t index) {
    request_.assign(head_);
    request_ += std::to_string(++keys_);
    request_ += tail_;
    const ssize_t sent = send(connections_[index].descriptor, request_.data(), request_.size(), MSG_NOSIGNAL);
    // A request of 300 bytes always fits into a socket whose last request was answered.
    if (sent != static_cast<ssize_t>(request_.size())) replace(index);
  }

  void receive(std::size_t index) {
    connection& link = connections_[index];
    const ssize_t got =
        recv(link.descriptor, link.input.data() + link.filled, link.input.size() - link.filled, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got == 0 && link.answered) return renew(index);
    if (got <= 0 || link.answered) return replace(index);
    link.filled += static_cast<std::size_t>(got);
    const answer parsed = answer_in({link.input.data(), link.filled});
    if (parsed.size == 0 && link.filled < link.input.size()) return;
    if (parsed.status == 0 || parsed.size != link.filled) return replace(index);
    const bool in_time = clock::now() < end_;
    if (parsed.status == 201) {
      ++accepted_;
      in_time_ += in_time ? 1 : 0;
    } else if (++refused_ == 1) {
      first_refusal_ = parsed.status;
    }
    link.filled = 0;
    if (closes_) {
      link.answered = true; // The server ends it first: then TIME_WAIT is on its side, and the ports here suffice.
    } else if (in_time) {
      post(index);
    } else {
      retire(index);
    }
  }

  sockaddr_in address_;
  bool closes_;
  int poll_;
  std::vector<connection> connections_;
  std::string head_;
  std::string tail_;
  std::string request_;
  clock::time_point end_;
  std::uint64_t open_ = 0;
  std::uint64_t keys_ = 0;
  std::uint64_t in_time_ = 0;    ///< Payments answered before the end.
  std::uint64_t accepted_ = 0;   ///< All payments answered 201.
  std::uint64_t refused_ = 0;    ///< Answers with another status.
  std::uint64_t broken_ = 0;     ///< Connections that failed under a payment.
  std::uint64_t unanswered_ = 0; ///< Payments without an answer at the end.
  unsigned first_refusal_ = 0;
  double seconds_ = 0;
};

} // namespace

int measure(int count, char** arguments) {
  const options given = parse(count, arguments);
  client payments(given);
  payments.run(std::chrono::seconds(given.seconds));
  return payments.print() ? 0 : 1;
}

} // namespace troupe::loadtest

int main(int count, char** arguments) { return troupe::loadtest::measure(count, arguments); }
