#include "platform/server/output.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace troupe::server {

output::progress output::write_to(int fd) {
  end_text();
  while (next_ < pieces_.size()) {
    ssize_t sent = 0;
    if (next_ + 1 == pieces_.size()) {
      const auto bytes = view(pieces_[next_]);
      sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    } else {
      std::array<iovec, 64> parts{};
      const auto count = std::min(parts.size(), pieces_.size() - next_);
      for (std::size_t i = 0; i < count; ++i) {
        const auto bytes = view(pieces_[next_ + i]);
        parts[i] = {const_cast<char*>(bytes.data()), bytes.size()}; // sendmsg only reads
      }
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = count;
      sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? progress::blocked : progress::broken;
    }
    this->sent(static_cast<std::size_t>(sent));
  }
  clear(); // so that what is added next does not join a piece that has left
  return progress::finished;
}

void output::sent(std::size_t bytes) {
  while (next_ < pieces_.size() && bytes >= pieces_[next_].size) {
    bytes -= pieces_[next_].size;
    pieces_[next_].body = {};
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
  const auto first = view(pieces_[next_]);
  if (first.size() >= most || next_ + 1 == pieces_.size()) return first.substr(0, most);
  gathered.clear();
  for (auto i = next_; i < pieces_.size() && gathered.size() < most; ++i)
    gathered += view(pieces_[i]).substr(0, most - gathered.size());
  return gathered;
}

std::size_t output::pending() const noexcept {
  std::size_t bytes = text_.size() - text_ended_;
  for (auto i = next_; i < pieces_.size(); ++i) bytes += pieces_[i].size;
  return bytes;
}

void output::clear() {
  if (text_.capacity() > 256 * 1024) text_ = {};
  text_.clear();
  pieces_.clear();
  text_ended_ = 0;
  next_ = 0;
}

} // namespace troupe::server
