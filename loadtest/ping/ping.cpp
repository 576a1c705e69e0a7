// Round-trip times of one connection with one request in flight. A closed loop: the time starts when the
// request is sent, so with --every-us a server's stall delays the next request instead of being counted
// twice.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace troupe::loadtest {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t response_limit = 1U << 20;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "troupe_ping: %s\n", what);
  std::exit(1);
}

[[noreturn]] void fail_with_errno(const char* what) {
  std::fprintf(stderr, "troupe_ping: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: troupe_ping --connect HOST:PORT [--path PATH] [--requests N] [--warm-up N]\n"
               "                   [--every-us N] [--seconds N]\n"
               "  --connect   an IPv4 address and port\n"
               "  --path      default /hello\n"
               "  --requests  1 to 10000000, default 20000\n"
               "  --warm-up   requests sent first and not counted, default 1000\n"
               "  --every-us  pause so that a request starts every N microseconds, default 0: no pause\n"
               "  --seconds   stop after this time even if requests remain, 1 to 600, default 60\n");
  std::exit(2);
}

struct options {
  sockaddr_in address{};
  std::string host;
  std::string path = "/hello";
  std::uint32_t requests = 20'000;
  std::uint32_t warm_up = 1'000;
  std::uint32_t every_us = 0;
  std::uint32_t seconds = 60;
};

std::uint32_t number_from(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) usage();
  return value;
}

options parse(int count, char** arguments) {
  options parsed;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    if (name == "--connect") {
      parsed.host = value;
    } else if (name == "--path") {
      parsed.path = value;
    } else if (name == "--requests") {
      parsed.requests = number_from(value, 1, 10'000'000);
    } else if (name == "--warm-up") {
      parsed.warm_up = number_from(value, 0, 10'000'000);
    } else if (name == "--every-us") {
      parsed.every_us = number_from(value, 0, 10'000'000);
    } else if (name == "--seconds") {
      parsed.seconds = number_from(value, 1, 600);
    } else {
      usage();
    }
  }
  const auto colon = parsed.host.rfind(':');
  if (count % 2 == 0 || colon == std::string::npos || !parsed.path.starts_with('/')) usage();
  const std::uint32_t port = number_from(std::string_view(parsed.host).substr(colon + 1), 1, 65535);
  parsed.address.sin_family = AF_INET;
  parsed.address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, parsed.host.substr(0, colon).c_str(), &parsed.address.sin_addr) != 1) usage();
  return parsed;
}

/// One keep-alive connection whose answers all have the size of the first.
class probe {
 public:
  explicit probe(const options& given)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        request_("GET " + given.path + " HTTP/1.1\r\nHost: " + given.host + "\r\n\r\n"),
        input_(response_limit, '\0') {
    const int on = 1;
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    if (socket_ < 0 || setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        connect(socket_, reinterpret_cast<const sockaddr*>(&given.address), sizeof given.address) != 0) {
      fail_with_errno("cannot connect");
    }
    send_request();
    while (size_ == 0) size_ = response_size(receive());
    while (filled_ < size_) receive();
    finish();
  }
  ~probe() { close(socket_); }
  probe(const probe&) = delete;
  probe& operator=(const probe&) = delete;

  clock::duration round_trip() {
    const auto start = clock::now();
    send_request();
    while (filled_ < size_) receive();
    const auto taken = clock::now() - start;
    finish();
    return taken;
  }

 private:
  void send_request() {
    const ssize_t sent = send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) fail_with_errno("cannot send");
  }

  std::string_view receive() {
    if (filled_ == input_.size()) fail("the answer is larger than 1 MiB");
    const ssize_t got = recv(socket_, input_.data() + filled_, input_.size() - filled_, 0);
    if (got < 0) fail_with_errno("no answer within 5 s");
    if (got == 0) fail("the server closed the connection");
    filled_ += static_cast<std::size_t>(got);
    return std::string_view(input_).substr(0, filled_);
  }

  void finish() {
    if (filled_ != size_) fail("an answer differs in size from the first");
    if (!std::string_view(input_).starts_with("HTTP/1.1 200 ")) fail("the status of an answer is not 200");
    filled_ = 0;
  }

  /// Bytes of the whole answer, or 0 while its head is incomplete.
  static std::size_t response_size(std::string_view received) {
    const auto head_end = received.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return 0;
    std::string head(received.substr(0, head_end + 2));
    std::transform(head.begin(), head.end(), head.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; });
    constexpr std::string_view name = "\r\ncontent-length:";
    const auto field = head.find(name);
    if (field == std::string::npos) fail("the answer has no Content-Length");
    const auto digits = head.find_first_not_of(' ', field + name.size());
    std::size_t length = 0;
    const auto [end, failure] = std::from_chars(head.data() + digits, head.data() + head.size(), length);
    if (failure != std::errc() || *end != '\r' || length > response_limit)
      fail("the Content-Length is wrong");
    return head_end + 4 + length;
  }

  int socket_;
  std::string request_;
  std::string input_;
  std::size_t filled_ = 0;
  std::size_t size_ = 0;
};

} // namespace

int measure(int count, char** arguments) {
  const options given = parse(count, arguments);
  probe connection(given);
  const auto end = clock::now() + std::chrono::seconds(given.seconds);
  for (std::uint32_t i = 0; i < given.warm_up && clock::now() < end; ++i) connection.round_trip();

  std::vector<double> taken_us;
  taken_us.reserve(given.requests);
  auto next = clock::now();
  for (std::uint32_t i = 0; i < given.requests && clock::now() < end; ++i) {
    if (given.every_us > 0) {
      next = std::max(next + std::chrono::microseconds(given.every_us), clock::now());
      std::this_thread::sleep_until(next);
    }
    taken_us.push_back(std::chrono::duration<double, std::micro>(connection.round_trip()).count());
  }
  if (taken_us.empty()) fail("the warm-up took all the time: raise --seconds");
  std::sort(taken_us.begin(), taken_us.end());
  // Nearest rank: the smallest time that at least this share of the requests did not exceed.
  const auto percentile = [&taken_us](std::size_t percent) {
    return taken_us[(taken_us.size() * percent + 99) / 100 - 1];
  };
  std::printf("{\"requests\":%zu,\"p50_us\":%.2f,\"p90_us\":%.2f,\"p99_us\":%.2f,\"max_us\":%.2f}\n",
              taken_us.size(), percentile(50), percentile(90), percentile(99), taken_us.back());
  return 0;
}

} // namespace troupe::loadtest

int main(int count, char** arguments) { return troupe::loadtest::measure(count, arguments); }
