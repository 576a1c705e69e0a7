#pragma once

#include <unistd.h>

#include <cstdint>

namespace troupe::http {

/// A part of an open regular file: the body of an answer that the kernel sends by itself. Owns the descriptor and closes it with the
/// last answer that holds the part. Immutable: whoever sends keeps his own offset.
class file_part {
 public:
  /// `fd`: open for reading; taken over. The part must lie in the file; if the file shrinks meanwhile, the answer is cut short and its
  /// connection closed, so that the client sees it.
  file_part(int fd, std::uint64_t first, std::uint64_t length) noexcept : fd_(fd), first_(first), length_(length) {}
  ~file_part() { ::close(fd_); }
  file_part(const file_part&) = delete;
  file_part& operator=(const file_part&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }
  [[nodiscard]] std::uint64_t length() const noexcept { return length_; }

 private:
  int fd_;
  std::uint64_t first_;
  std::uint64_t length_;
};

} // namespace troupe::http
