#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace troupe::http {

/// Compresses whole texts into the gzip format, one after the other, with one state: about 260 KiB that are taken with
/// the first text, and a buffer as large as the largest text. Thread: its owner. Source: RFC 1952.
class gzip_encoder {
 public:
  /// `level`: 1 (fast) to 9 (small).
  explicit gzip_encoder(int level) noexcept : level_(level) {}

  /// The compressed text; empty when it would not be smaller than the text itself, and when there is no memory for it.
  /// Lifetime: until the next call. Cost: README.md has the measurement.
  [[nodiscard]] std::string_view encode(std::string_view text);

 private:
  struct end {
    void operator()(z_stream_s* stream) const noexcept;
  };

  int level_;
  std::unique_ptr<z_stream_s, end> stream_;
  std::string out_;
};

} // namespace troupe::http
