#include "services/retail/line_source.hpp"

#include <cstring>
#include <span>
#include <utility>

namespace troupe::retail {

namespace {
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
}

base::result<line_source> line_source::open(const std::string& path) {
  auto bytes = byte_source::open(path);
  if (bytes.has_error()) return bytes.error();
  return line_source(std::move(*bytes));
}

line_source::line_source(byte_source bytes) : bytes_(std::move(bytes)), buffer_(2 * max_line_bytes) {}

base::result<void> line_source::fill() {
  if (end_ - begin_ > max_line_bytes) {
    is_passing_over_ = true;
    begin_ = scanned_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  const auto got = bytes_.read(std::span(buffer_).subspan(end_));
  if (got.has_error()) return got.error();
  end_ += *got;
  has_ended_ = *got == 0;
  return {};
}

text_line line_source::take(std::size_t size) {
  text_line line{++number_, {buffer_.data() + begin_, size}, false};
  if (line.number == 1 && line.text.starts_with(byte_order_mark))
    line.text.remove_prefix(byte_order_mark.size());
  if (std::exchange(is_passing_over_, false) || size > max_line_bytes) line = {line.number, {}, true};
  return line;
}

base::result<std::optional<text_line>> line_source::next() {
  if (peeked_) return std::exchange(peeked_, std::nullopt);
  for (;;) {
    const auto* from = buffer_.data() + scanned_;
    if (const auto* feed = static_cast<const char*>(std::memchr(from, '\n', end_ - scanned_))) {
      const auto size = static_cast<std::size_t>(feed - (buffer_.data() + begin_));
      const auto line = take(size);
      begin_ = scanned_ = begin_ + size + 1;
      return std::optional(line);
    }
    scanned_ = end_;
    if (has_ended_) {
      if (begin_ == end_ && !is_passing_over_) return std::optional<text_line>();
      const auto line = take(end_ - begin_);
      begin_ = end_;
      return std::optional(line);
    }
    if (auto filled = fill(); filled.has_error()) return filled.error();
  }
}

base::result<std::optional<text_line>> line_source::peek() {
  if (!peeked_) {
    auto line = next();
    if (line.has_error()) return line;
    peeked_ = *line;
  }
  return peeked_;
}

} // namespace troupe::retail
