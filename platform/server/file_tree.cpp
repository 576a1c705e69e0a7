#include "platform/server/file_tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace troupe::server {

namespace {

// Not blocking, so that opening a FIFO does not wait for a writer.
constexpr int open_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr std::size_t most_path_bytes = 4000; // PATH_MAX is 4096
constexpr int most_retries = 8;               // a rename elsewhere makes openat2 give up; the next attempt settles it

int openat2(int directory, const char* path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int i = 0;; ++i) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || i == most_retries) return fd;
  }
}

std::string_view take_segment(std::string_view& rest) noexcept {
  const auto segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
  return segment;
}

bool is_allowed(std::string_view path) noexcept {
  if (path.empty()) return true;
  if (path.size() > most_path_bytes || path.ends_with('/') || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const auto segment = take_segment(path);
    if (segment.empty() || segment.front() == '.') return false;
  }
  return true;
}

base::error not_found() { return {base::errc::not_found, "there is no such file"}; }

} // namespace

base::result<file_tree> file_tree::open(const std::filesystem::path& directory, bool use_openat2) {
  net::socket opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened)
    return base::fail(base::errc::unavailable, "cannot serve files from '" + directory.string() + "': " + std::strerror(errno));
  // Kernels before 5.6 do not know the call, and some sandboxes refuse it.
  const net::socket probe(!use_openat2 ? -1 : openat2(opened.fd(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return file_tree(std::move(opened), static_cast<bool>(probe));
}

base::result<file_tree::entry> file_tree::find(std::string_view path) const {
  if (!is_allowed(path)) return not_found();
  const std::string text(path.empty() ? std::string_view(".") : path);
  entry found;
  found.file = net::socket(has_openat2_ ? open_beneath(text.c_str()) : walk(text));
  if (!found.file) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
      return base::fail(base::errc::unavailable, "too many files are open");
    return not_found();
  }
  struct stat about {};
  if (::fstat(found.file.fd(), &about) != 0) return not_found();
  found.is_directory = S_ISDIR(about.st_mode);
  if (!found.is_directory && !S_ISREG(about.st_mode)) return not_found();
  found.size = static_cast<std::uint64_t>(about.st_size);
  found.modified_ns = about.st_mtim.tv_sec * std::int64_t{1'000'000'000} + about.st_mtim.tv_nsec;
  found.inode = about.st_ino;
  return found;
}

int file_tree::open_beneath(const char* path) const { return openat2(directory_.fd(), path, open_flags); }

// One directory after the other, none through a link.
int file_tree::walk(std::string_view path) const {
  net::socket held;
  int at = directory_.fd();
  for (;;) {
    const std::string segment(take_segment(path));
    const int kind = path.empty() ? 0 : O_DIRECTORY;
    net::socket next(::openat(at, segment.c_str(), open_flags | O_NOFOLLOW | kind));
    if (!next || path.empty()) return next.release();
    held = std::move(next);
    at = held.fd();
  }
}

} // namespace troupe::server
