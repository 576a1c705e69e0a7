#pragma once

#include "platform/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::server {

/// Answers on their way to one socket: heads and small bodies copied into one text, large bodies by reference, in order.
class output {
 public:
  /// Bodies up to this many bytes are copied: cheaper than another element of the scatter list.
  static constexpr std::size_t copy_below = 4096;

  enum class progress : std::uint8_t { finished, blocked, broken };

  /// Where heads are written; call `end_text` when what was appended is complete.
  [[nodiscard]] std::string& text() noexcept { return text_; }
  void end_text() {
    if (text_.size() == text_ended_) return;
    if (!pieces_.empty() && pieces_.back().body.empty()) {
      pieces_.back().size += text_.size() - text_ended_;
    } else {
      pieces_.push_back({{}, text_ended_, text_.size() - text_ended_});
    }
    text_ended_ = text_.size();
  }
  void add_body(const base::shared_bytes& body) {
    if (body.size() <= copy_below) {
      text_ += body.view();
      return;
    }
    end_text();
    pieces_.push_back({body, 0, body.size()});
  }

  /// Sends what the socket takes, all pieces in one system call where possible.
  [[nodiscard]] progress write_to(int fd);

  /// For a sink that takes one run of bytes at a time: what leaves next, at most `most` bytes; short pieces are put together
  /// in `gathered`. Not empty while something is pending; the same bytes at each call until `sent`. The view lives until then.
  [[nodiscard]] std::string_view next(std::string& gathered, std::size_t most);
  /// That many bytes of `next` have left.
  void sent(std::size_t bytes);

  [[nodiscard]] bool empty() const noexcept { return next_ == pieces_.size() && text_ended_ == text_.size(); }
  /// Bytes that were added and not sent.
  [[nodiscard]] std::size_t pending() const noexcept;
  void clear();

  std::size_t counted = 0; ///< of `pending`, in the connection actor's sum

 private:
  struct piece {
    base::shared_bytes body;  // empty: a range of the text
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] std::string_view view(const piece& p) const noexcept {
    return p.body.empty() ? std::string_view(text_).substr(p.begin, p.size) : p.body.view().substr(p.begin, p.size);
  }

  std::string text_;
  std::vector<piece> pieces_;
  std::size_t text_ended_ = 0;
  std::size_t next_ = 0; // the first piece that is not sent whole; its begin has moved over what is
};

} // namespace troupe::server
