// The physical limit on one machine: answers every request head with the same bytes, nothing else. One thread per core,
// each with its own SO_REUSEPORT listener and its own loop, by epoll (epoll.cpp) or io_uring (ring.cpp); no parsing
// (heads are only counted).
// Troupe's throughput is reported as a ratio to this program: loadtest/README.md says how.

#include "loadtest/floor/floor.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace troupe::loadtest {

namespace {
constexpr std::size_t most_descriptors = 1U << 20;
} // namespace

void fail(const char* what) {
  std::fprintf(stderr, "troupe_floor: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

std::size_t descriptor_limit() {
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) fail("cannot ask for the descriptor limit");
  return std::min<std::size_t>(descriptors.rlim_cur, most_descriptors);
}

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

namespace {

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: troupe_floor --response FILE [--listen HOST:PORT] [--threads N] [--close] [--ring]\n"
                       "  --response  the raw bytes of one answer, head included\n"
                       "  --listen    an IPv4 address and port, 0 for a free one (default 127.0.0.1:0)\n"
                       "  --threads   1 to 256, default one for each core\n"
                       "  --close     answer one request on each connection, then close it\n"
                       "  --ring      by io_uring instead of epoll\n");
  std::exit(2);
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

unsigned number_from(const std::string& text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || *end != '\0' || value < least || value > most) usage();
  return value;
}

floor_options parse(int count, char** arguments) {
  floor_options parsed;
  std::string listen = "127.0.0.1:0";
  std::string file;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    if (name == "--close") {
      parsed.closes = true;
    } else if (name == "--ring") {
      parsed.by_ring = true;
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
  floor_options given = parse(count, arguments);
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_BATCH, &none) != 0) fail("cannot be scheduled as batch"); // as Troupe is: the floor has all that a server may do
  std::vector<std::thread> threads;
  // The first listener fixes the port that the others share.
  for (unsigned i = 0; i < given.threads; ++i) {
    const int listener = listen_on(given.address);
    threads.emplace_back([listener, &given] { given.by_ring ? serve_by_ring(listener, given) : serve_by_epoll(listener, given); });
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
