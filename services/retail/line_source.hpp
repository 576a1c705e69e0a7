#pragma once

#include "platform/base/result.hpp"
#include "services/retail/byte_source.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::retail {

/// One line of a text file.
struct text_line {
  std::uint64_t number = 0; ///< from 1
  std::string_view text;    ///< without its line feed; valid until the next line is asked for
  bool is_too_long =
      false; ///< longer than line_source::max_line_bytes: `text` is empty, the line was passed over
};

/// A text file, plain or .xz, line by line. Lines end with LF; a last line need not. A CR before it stays in
/// the text, for the reader above knows whether it is data. A UTF-8 byte order mark at the start of the file
/// is dropped. Memory: 128 KiB beside the byte_source, whatever the file holds.
class line_source {
 public:
  static constexpr std::size_t max_line_bytes = 64 * 1024;

  /// Errors: as byte_source::open.
  [[nodiscard]] static base::result<line_source> open(const std::string& path);

  explicit line_source(byte_source bytes);

  /// The next line, or nothing at the end. Errors: as byte_source::read.
  [[nodiscard]] base::result<std::optional<text_line>> next();

  /// The line that next() will return.
  [[nodiscard]] base::result<std::optional<text_line>> peek();

  /// The path as it was given to open().
  [[nodiscard]] const std::string& path() const noexcept { return bytes_.path(); }

 private:
  base::result<void> fill();
  text_line take(std::size_t size);

  byte_source bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;   // bytes [begin_, end_) of buffer_ are not yet handed out
  std::size_t scanned_ = 0; // no line feed in [begin_, scanned_)
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  bool has_ended_ = false;
  bool is_passing_over_ = false; // inside a line that is too long
  std::optional<text_line> peeked_;
};

} // namespace troupe::retail
