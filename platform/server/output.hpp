#pragma once

#include "platform/base/bytes.hpp"
#include "platform/http/file_part.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::server {

/// Answers on their way to one socket: heads and small bodies copied into one text, large bodies by reference, files by descriptor, in
/// order.
class output {
 public:
  /// Bodies up to this many bytes are copied: cheaper than another element of the scatter list.
  static constexpr std::size_t copy_below = 4096;
  /// One `write_to` sends so many bytes of files at most, so that a large file does not keep the worker from other sessions.
  static constexpr std::size_t file_bytes_a_write = 256 * 1024;

  enum class progress : std::uint8_t {
    finished,
    blocked,  ///< the socket is full
    unfinished, ///< the socket may take more: write again after others have had their turn
    broken,
  };

  /// How the bytes of files leave: the kernel takes them from its page cache (sendfile), or they are read and then sent as other bytes are, for
  /// a transport that must see them, and for file systems that know no sendfile.
  enum class file_way : std::uint8_t { kernel, copied };

  /// Where heads are written; call `end_text` when what was appended is complete.
  [[nodiscard]] std::string& text() noexcept { return text_; }
  void end_text() {
    if (text_.size() == text_ended_) return;
    if (!pieces_.empty() && pieces_.back().is_text()) {
      pieces_.back().size += text_.size() - text_ended_;
    } else {
      pieces_.push_back({{}, {}, text_ended_, text_.size() - text_ended_});
    }
    text_ended_ = text_.size();
  }
  void add_body(const base::shared_bytes& body) {
    if (body.size() <= copy_below) {
      text_ += body.view();
      return;
    }
    end_text();
    pieces_.push_back({body, {}, 0, body.size()});
  }
  void add_file(std::shared_ptr<const http::file_part> file) {
    if (file->length() == 0) return;
    end_text();
    const auto length = file->length();
    pieces_.push_back({{}, std::move(file), 0, length});
  }

  /// Sends what the socket takes, all pieces but files in one system call where possible. `broken` also when a file has shrunk, so that its
  /// answer cannot be completed. The process must ignore SIGPIPE.
  [[nodiscard]] progress write_to(int fd, file_way way = file_way::kernel);

  /// Whether that much has been sent since this last said so. For deadlines that want progress.
  [[nodiscard]] bool has_sent(std::size_t bytes) noexcept {
    if (sent_ < bytes) return false;
    sent_ = 0;
    return true;
  }

  /// For a sink that takes one run of bytes at a time: what leaves next, at most `most` bytes; short pieces are put together
  /// in `gathered`. Not empty while something is pending, unless a file has shrunk; the same bytes at each call until `sent`. The view lives until then.
  [[nodiscard]] std::string_view next(std::string& gathered, std::size_t most);
  /// All that is pending, where that is one run of bytes in memory; else empty. The view lives until anything is added or sent.
  [[nodiscard]] std::string_view single_run() {
    end_text();
    return next_ + 1 == pieces_.size() && !pieces_[next_].file ? view(pieces_[next_]) : std::string_view();
  }
  /// That many bytes of `next` have left.
  void sent(std::size_t bytes);

  [[nodiscard]] bool empty() const noexcept { return next_ == pieces_.size() && text_ended_ == text_.size(); }
  /// Bytes that were added and not sent.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// Those of them that are in memory: all but the files'.
  [[nodiscard]] std::size_t held() const noexcept;
  void clear() {
    if (!text_.empty() || !pieces_.empty()) drop();
  }

  std::size_t counted = 0; ///< of `held`, in the connection actor's sum
  bool is_due_again = false; ///< its owner has it in a list of unfinished ones; false again once it is clear

 private:
  struct piece {
    base::shared_bytes body;
    std::shared_ptr<const http::file_part> file; // neither this nor a body: a range of the text
    std::size_t begin = 0;
    std::size_t size = 0;
    [[nodiscard]] bool is_text() const noexcept { return body.empty() && !file; }
  };
  void drop();
  [[nodiscard]] ssize_t send_bytes(int fd);
  [[nodiscard]] ssize_t send_file(int fd, std::size_t most, file_way way);
  static std::size_t append_file(std::string& out, const piece& from, std::size_t wanted);
  [[nodiscard]] std::string_view view(const piece& p) const noexcept {
    return p.body.empty() ? std::string_view(text_).substr(p.begin, p.size) : p.body.view().substr(p.begin, p.size);
  }

  std::string text_;
  std::vector<piece> pieces_;
  std::size_t text_ended_ = 0;
  std::size_t next_ = 0; // the first piece that is not sent whole; its begin has moved over what is
  std::size_t sent_ = 0; // since `has_sent` was true
};

} // namespace troupe::server
