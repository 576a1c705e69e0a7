#pragma once

#include "platform/http/request_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::fuzz {

/// A request as it was understood, in strings of its own.
struct understood {
  std::string method, target, path, query, body;
  std::vector<std::pair<std::string, std::string>> fields;
  bool http_1_1 = true, keep_alive = true;

  friend bool operator==(const understood&, const understood&) = default;
};

/// Reads a client's bytes as they come, by the same steps as a session (server/reading.cpp): whole heads are parsed where they lie, a
/// part of a head waits, is looked at as it grows and parsed once it is whole, a body goes on in a parser of its own.
class request_stream {
 public:
  /// `all_by_library`: no head takes the short way of plain ones.
  explicit request_stream(const http::limits& limits, bool all_by_library = false)
      : limits_(limits), head_parser_(limits, all_by_library), onlooker_(limits), body_parser_(limits, all_by_library) {}

  /// Bytes in any pieces. After a refusal or a request that ends the session nothing is looked at any more.
  void take(std::string_view bytes);

  [[nodiscard]] const std::vector<understood>& requests() const noexcept { return requests_; }
  /// The status of the refusal; 0: none so far.
  [[nodiscard]] std::uint16_t refused() const noexcept { return refused_; }
  /// Why a head was refused; "" when none was, and for what was refused of a body.
  [[nodiscard]] std::string_view head_fault() const noexcept { return head_fault_; }

 private:
  [[nodiscard]] bool is_over() const noexcept { return refused_ != 0 || ended_; }
  void take_heads(std::string_view bytes);
  void take_body(std::string_view bytes);
  void keep_unless_hopeless(std::string_view bytes);
  void refuse_head(const http::refusal& why);
  void keep(const http::request& request);

  http::limits limits_;
  http::request_parser head_parser_;
  http::request_parser onlooker_; // at heads that are not complete
  http::request_parser body_parser_;
  std::string waiting_; // part of a head, or the torn end of a chunk's head
  std::string head_;    // of the request whose body is coming
  std::size_t looked_at_ = 0;
  bool in_body_ = false;
  bool ended_ = false;
  std::uint16_t refused_ = 0;
  std::string_view head_fault_;
  std::vector<understood> requests_;
};

} // namespace troupe::fuzz
