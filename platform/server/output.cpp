#include "platform/server/output.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace troupe::server {

namespace {

constexpr std::size_t copy_bytes = 32 * 1024;
constexpr std::size_t kept_text_bytes = 256 * 1024; // of a text that is clear again

// Reads a little and sends it; what the socket does not take is read again the next time.
ssize_t send_copied(int fd, int file, off_t offset, std::size_t most) {
  std::array<char, copy_bytes> bytes;
  const auto got = ::pread(file, bytes.data(), std::min(bytes.size(), most), offset);
  return got <= 0 ? got : ::send(fd, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
}

} // namespace

output::progress output::write_to(int fd, file_way way) {
  // Text alone, as most answers are: it is a piece only if some of it stays.
  if (pieces_.empty() && !text_.empty() && text_.capacity() <= kept_text_bytes) {
    const auto sent = ::send(fd, text_.data(), text_.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(text_.size())) {
      text_.clear();
      return progress::finished;
    }
    if (sent < 0 && errno != EINTR) return errno == EAGAIN ? progress::blocked : progress::broken;
    end_text();
    if (sent > 0) this->sent(static_cast<std::size_t>(sent));
  }
  end_text();
  std::size_t of_files = 0;
  while (next_ < pieces_.size()) {
    const bool is_file = pieces_[next_].file != nullptr;
    if (is_file && of_files >= file_bytes_a_write) return progress::unfinished;
    const auto sent = is_file ? send_file(fd, file_bytes_a_write - of_files, way) : send_bytes(fd);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? progress::blocked : progress::broken;
    }
    if (is_file) {
      if (sent == 0) return progress::broken; // the file ends before the length that was promised
      of_files += static_cast<std::size_t>(sent);
    }
    this->sent(static_cast<std::size_t>(sent));
  }
  clear(); // so that what is added next does not join a piece that has left
  return progress::finished;
}

// The pieces up to the next file. Before one the kernel waits for its first bytes, so that a small file leaves with its head.
ssize_t output::send_bytes(int fd) {
  std::array<iovec, 64> parts;
  std::size_t count = 0;
  auto at = next_;
  for (; at < pieces_.size() && !pieces_[at].file && count < parts.size(); ++at) {
    const auto bytes = view(pieces_[at]);
    parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()}; // sendmsg only reads
  }
  const int more = at < pieces_.size() && pieces_[at].file ? MSG_MORE : 0;
  if (count == 1) return ::send(fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | more);
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL | more);
}

ssize_t output::send_file(int fd, std::size_t most, file_way way) {
  const auto& part = pieces_[next_];
  auto offset = static_cast<off_t>(part.file->first() + part.begin);
  most = std::min(most, part.size);
  if (way == file_way::kernel) {
    const auto sent = ::sendfile(fd, part.file->fd(), &offset, most);
    if (sent >= 0 || (errno != EINVAL && errno != ENOSYS)) return sent;
  }
  return send_copied(fd, part.file->fd(), offset, most);
}

void output::sent(std::size_t bytes) {
  sent_ += bytes;
  while (next_ < pieces_.size() && bytes >= pieces_[next_].size) {
    bytes -= pieces_[next_].size;
    pieces_[next_].body = {};
    pieces_[next_].file = nullptr;
    ++next_;
  }
  if (bytes > 0) {
    pieces_[next_].begin += bytes;
    pieces_[next_].size -= bytes;
  }
}

std::string_view output::next(std::string& gathered, std::size_t most) {
  end_text();
  if (next_ == pieces_.size()) return {};
  const auto& first = pieces_[next_];
  if (!first.file && (first.size >= most || next_ + 1 == pieces_.size())) return view(first).substr(0, most);
  gathered.clear();
  for (auto i = next_; i < pieces_.size() && gathered.size() < most; ++i) {
    const auto& part = pieces_[i];
    const auto wanted = std::min(part.size, most - gathered.size());
    if (!part.file) {
      gathered += view(part).substr(0, wanted);
    } else if (append_file(gathered, part, wanted) < wanted) {
      break;
    }
  }
  return gathered;
}

std::size_t output::append_file(std::string& out, const piece& from, std::size_t wanted) {
  const auto before = out.size();
  out.resize(before + wanted);
  const auto got = ::pread(from.file->fd(), out.data() + before, wanted, static_cast<off_t>(from.file->first() + from.begin));
  const auto taken = got > 0 ? static_cast<std::size_t>(got) : 0;
  out.resize(before + taken);
  return taken;
}

std::size_t output::pending() const noexcept {
  std::size_t bytes = text_.size() - text_ended_;
  for (auto i = next_; i < pieces_.size(); ++i) bytes += pieces_[i].size;
  return bytes;
}

std::size_t output::held() const noexcept {
  std::size_t bytes = text_.size() - text_ended_;
  for (auto i = next_; i < pieces_.size(); ++i) bytes += pieces_[i].file ? 0 : pieces_[i].size;
  return bytes;
}

void output::drop() {
  if (text_.capacity() > kept_text_bytes) text_ = {};
  text_.clear();
  pieces_.clear();
  text_ended_ = 0;
  next_ = 0;
  sent_ = 0;
  is_due_again = false;
}

} // namespace troupe::server
