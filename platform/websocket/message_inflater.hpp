#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace troupe::websocket {

/// Inflates whole compressed messages of any sessions, one after the other, each from an empty window: about 40 KiB that are taken
/// with the first message, and a buffer of which at most 64 KiB are kept.
/// Thread: its owner. Source: RFC 7692 section 7.2.2.
class message_inflater {
 public:
  enum class outcome : std::uint8_t {
    complete,  ///< `message` is it
    too_big,   ///< more than the limit would come out; nothing beyond it was inflated
    bad_data,  ///< no DEFLATE blocks, or the last of them does not end
    bad_text,  ///< no UTF-8; nothing beyond the step with the first bad byte was inflated
    no_memory,
  };

  /// `compressed`: a message's payload, all fragments together. `limit`: bytes of the message. Cost: 2 to 6 ns a byte of the message; what comes out
  /// is taken in steps that at most double, so that a bomb costs no more than its limit.
  [[nodiscard]] outcome inflate(std::string_view compressed, std::size_t limit, bool is_text);

  /// After `complete`. Lifetime: until the next call of anything here.
  [[nodiscard]] std::string_view message() const noexcept { return std::string_view(buffer_).substr(0, size_); }

  /// Gives back the memory of a large message.
  void forget();

 private:
  struct end {
    void operator()(z_stream_s* stream) const noexcept;
  };
  [[nodiscard]] bool begin();
  [[nodiscard]] outcome run(std::string_view compressed, std::size_t limit, bool is_text);

  std::unique_ptr<z_stream_s, end> stream_;
  std::string buffer_; // as large as it has grown: `size_` of it is the message
  std::size_t size_ = 0;
};

} // namespace troupe::websocket
