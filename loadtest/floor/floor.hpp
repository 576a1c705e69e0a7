#pragma once

#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

// What the two loops of the floor share.
namespace troupe::loadtest {

struct floor_options {
  sockaddr_in address{};
  std::string response;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  bool closes = false;
  bool by_ring = false;
};

/// As perror(3), and ends the process.
[[noreturn]] void fail(const char* what);

/// How many connections a loop has room for: their states are indexed by descriptor.
[[nodiscard]] std::size_t descriptor_limit();

/// Counts the ends of request heads (CRLFCRLF) in what was read. `matched` is how much of the next one the
/// connection has seen so far, 0 to 3, so that a head may arrive in pieces.
[[nodiscard]] std::size_t count_heads(const char* bytes, const char* end, std::uint8_t& matched);

/// One thread's loop with the connections that its listener accepts.
[[noreturn]] void serve_by_epoll(int listener, const floor_options& given);
[[noreturn]] void serve_by_ring(int listener, const floor_options& given);

} // namespace troupe::loadtest
