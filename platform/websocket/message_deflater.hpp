#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace troupe::websocket {

/// Compresses whole messages for any sessions, one after the other, each from an empty window. For each size of window that clients have asked
/// for, a state is taken with its first message: 20 to 260 KiB, 0.8 MiB for all seven; and a buffer as large as the largest message, at most 256 KiB.
/// Thread: its owner. Source: RFC 7692 section 7.2.1.
class message_deflater {
 public:
  /// Messages of fewer bytes win little, those of more would keep the worker from everybody else.
  static constexpr std::size_t least_bytes = 256;
  static constexpr std::size_t most_bytes = 256 * 1024;

  /// `level`: 1 (fast) to 6 (small); beyond it a message that is made for it takes seconds.
  explicit message_deflater(int level) noexcept : level_(level) {}

  /// The payload of the compressed message; empty when the message is to be sent as it is: it is outside the bounds above, would not become smaller,
  /// or there is no memory. `window_bits`: 9 to 15. Lifetime: until the next call. Cost: 1 to 25 ns a byte at level 1.
  [[nodiscard]] std::string_view deflate(std::string_view message, int window_bits);

 private:
  static constexpr int least_window_bits = 9;
  static constexpr int most_window_bits = 15;

  struct end {
    void operator()(z_stream_s* stream) const noexcept;
  };
  [[nodiscard]] z_stream_s* begin(int window_bits);

  int level_;
  std::array<std::unique_ptr<z_stream_s, end>, most_window_bits - least_window_bits + 1> streams_;
  std::string buffer_;
};

} // namespace troupe::websocket
