#pragma once

#include "platform/http/request_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::server {

/// What a session borrows while it has bytes that are not yet a request: part of a head, a head whose body is still coming, or
/// pipelined requests that wait for their turn.
struct intake {
  explicit intake(const http::limits& limits) : parser(limits) {}

  std::string bytes;  ///< not parsed yet
  std::string head;   ///< of the request whose body is coming; the parser's fields are views into it
  http::request_parser parser;
  bool in_body = false;
  bool owes_continue = false; ///< the client waits for 100 Continue, and answers to earlier requests go first
  std::uint32_t head_due = 0;      ///< tick at which an incomplete head has had its time
  std::uint32_t body_began = 0;    ///< tick of the end of the head
  std::uint64_t body_received = 0; ///< bytes since then, framing included
  std::size_t searched = 0; ///< of `bytes`, without finding the end of a head
  std::size_t counted = 0;  ///< of `size`, in the connection actor's sum

  static constexpr std::size_t own_bytes = 1024; ///< about what it takes itself, with its parser

  [[nodiscard]] std::size_t size() const noexcept {
    if (bytes.empty() && head.empty()) return 0;
    return own_bytes + bytes.size() + head.size() + (in_body ? parser.held_body_bytes() : 0);
  }
  void clear() {
    // A buffer that grew for one large request is not kept for all small ones.
    if (bytes.capacity() > 128 * 1024) bytes = {};
    bytes.clear();
    head.clear();
    if (in_body || searched > 0) parser.reset();
    in_body = owes_continue = false;
    body_received = 0;
    searched = 0;
  }
};

} // namespace troupe::server
