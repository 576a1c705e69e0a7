#pragma once

#include "platform/base/result.hpp"
#include "platform/net/socket.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace troupe::server {

/// A directory whose files may be seen by strangers, and nothing outside it, whatever path they give. Immutable. Thread: any.
class file_tree {
 public:
  struct entry {
    net::socket file; ///< a descriptor open for reading
    bool is_directory = false;
    std::uint64_t size = 0;       ///< bytes
    std::int64_t modified_ns = 0; ///< since 1970 UTC
    std::uint64_t inode = 0;
  };

  /// `use_openat2`: false does as where the kernel does not know it. Errors: unavailable, when it is no directory or cannot be read.
  [[nodiscard]] static base::result<file_tree> open(const std::filesystem::path& directory, bool use_openat2 = true);

  /// Opens a regular file or a directory. `path`: decoded, relative, "" is the tree itself. Where the kernel knows openat2(2), symbolic links
  /// are followed as long as they are relative and stay beneath the directory; where it does not, none is followed.
  /// Errors: not_found for everything that is not there, not readable, outside, neither file nor directory (a FIFO is not waited for), has an empty
  /// segment or one that begins with '.'; unavailable when no descriptor is left.
  /// Cost: two system calls, which may wait for a disk.
  [[nodiscard]] base::result<entry> find(std::string_view path) const;

 private:
  file_tree(net::socket directory, bool has_openat2) : directory_(std::move(directory)), has_openat2_(has_openat2) {}
  [[nodiscard]] int open_beneath(const char* path) const;
  [[nodiscard]] int walk(std::string_view path) const;

  net::socket directory_;
  bool has_openat2_;
};

} // namespace troupe::server
