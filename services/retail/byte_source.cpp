#include "services/retail/byte_source.hpp"

#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::retail {

namespace {

using base::errc;
using base::fail;

constexpr std::string_view xz_magic{"\xFD"
                                    "7zXZ\0",
                                    6}; // the .xz file format, section 2.1.1.1
constexpr std::uint64_t xz_memory_limit = 128ULL * 1024 * 1024;

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

} // namespace

struct byte_source::state {
  std::string path;
  int fd = -1;
  std::array<char, 64 * 1024> input;
  std::size_t begin = 0; // bytes [begin, end) of input are not yet used
  std::size_t end = 0;
  std::uint64_t file_offset = 0; // of input[end]
  bool input_ended = false;
  bool is_xz = false;
  bool is_finished = false;
  lzma_stream xz = LZMA_STREAM_INIT;

  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    lzma_end(&xz);
    if (fd >= 0) ::close(fd);
  }

  base::result<void> refill();
  base::result<std::size_t> read_plain(std::span<char> out);
  base::result<std::size_t> read_xz(std::span<char> out);
  base::error xz_error(lzma_ret code) const;
};

base::result<void> byte_source::state::refill() {
  if (begin == end) begin = end = 0;
  while (end < input.size() && !input_ended) {
    const auto got = ::read(fd, input.data() + end, input.size() - end);
    if (got > 0) {
      end += static_cast<std::size_t>(got);
      file_offset += static_cast<std::uint64_t>(got);
      break;
    }
    if (got == 0)
      input_ended = true;
    else if (errno != EINTR)
      return fail(errc::unavailable,
                  path + ": cannot be read at byte " + std::to_string(file_offset) + ": " + reason_of(errno));
  }
  return {};
}

base::result<std::size_t> byte_source::state::read_plain(std::span<char> out) {
  if (begin == end) {
    if (auto filled = refill(); filled.has_error()) return filled.error();
  }
  const auto count = std::min(out.size(), end - begin);
  std::memcpy(out.data(), input.data() + begin, count);
  begin += count;
  return count;
}

base::result<std::size_t> byte_source::state::read_xz(std::span<char> out) {
  xz.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  xz.avail_out = out.size();
  while (xz.avail_out == out.size() && !is_finished) {
    if (begin == end && !input_ended) {
      if (auto filled = refill(); filled.has_error()) return filled.error();
    }
    xz.next_in = reinterpret_cast<const std::uint8_t*>(input.data() + begin);
    xz.avail_in = end - begin;
    const auto code = lzma_code(&xz, input_ended ? LZMA_FINISH : LZMA_RUN);
    begin = end - xz.avail_in;
    if (code == LZMA_STREAM_END)
      is_finished = true;
    else if (code != LZMA_OK)
      return xz_error(code);
  }
  return out.size() - xz.avail_out;
}

base::error byte_source::state::xz_error(lzma_ret code) const {
  const auto where =
      path + ": near byte " + std::to_string(file_offset - (end - begin)) + " of the compressed file: ";
  switch (code) {
  case LZMA_MEMLIMIT_ERROR:
    return fail(errc::resource_exhausted,
                where + "needs more than 128 MiB to decompress; compress it with xz -9 or less");
  case LZMA_MEM_ERROR:
    return fail(errc::resource_exhausted, where + "out of memory");
  case LZMA_BUF_ERROR:
    return fail(errc::invalid_argument, where + "the .xz data is cut short; fetch the file again");
  case LZMA_OPTIONS_ERROR:
    return fail(errc::invalid_argument, where + "the .xz data uses options that liblzma does not know");
  default:
    return fail(errc::invalid_argument, where + "the .xz data is corrupt; fetch the file again");
  }
}

byte_source::byte_source(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
byte_source::byte_source(byte_source&&) noexcept = default;
byte_source& byte_source::operator=(byte_source&&) noexcept = default;
byte_source::~byte_source() = default;

const std::string& byte_source::path() const noexcept { return state_->path; }

base::result<byte_source> byte_source::open(const std::string& path) {
  auto s = std::make_unique<state>();
  s->path = path;
  s->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (s->fd < 0) {
    const int why = errno;
    const auto code = why == ENOENT || why == ENOTDIR ? errc::not_found
                      : why == EACCES                 ? errc::permission_denied
                                                      : errc::unavailable;
    return fail(code, path + ": cannot be opened: " + reason_of(why));
  }
  struct stat about {};
  if (::fstat(s->fd, &about) == 0 && S_ISDIR(about.st_mode))
    return fail(errc::invalid_argument, path + ": is a directory; name a file");

  while (s->end < xz_magic.size() && !s->input_ended) {
    if (auto filled = s->refill(); filled.has_error()) return filled.error();
  }
  if (std::string_view(s->input.data(), s->end).starts_with(xz_magic)) {
    s->is_xz = true;
    if (const auto code = lzma_stream_decoder(&s->xz, xz_memory_limit, LZMA_CONCATENATED); code != LZMA_OK)
      return s->xz_error(code);
  }
  return byte_source(std::move(s));
}

base::result<std::size_t> byte_source::read(std::span<char> out) {
  if (out.empty()) return std::size_t{0};
  return state_->is_xz ? state_->read_xz(out) : state_->read_plain(out);
}

} // namespace troupe::retail
