#pragma once

#include "platform/base/result.hpp"
#include "platform/server/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace troupe::server {

struct file_options {
  /// How long caches may keep a file without asking; 0: they ask each time, and are mostly told 304.
  std::chrono::seconds max_age{0};
  /// Files of more than 16 KiB on their way to clients at once, all connections together; above it 503.
  std::int64_t most_open = 1024;
};

/// The endpoint of a route whose pattern ends in `{path...}`: GET and HEAD of the files beneath a directory, by `file_tree`'s rules. A
/// directory shows its index.html under the path that ends in '/', and the other one redirects there (301). ETag is made of size, time and inode, and
/// weak while a file has just been changed; ranges and preconditions as in http/README.md. A neighbour NAME.gz that is not older takes the
/// place of a compressible file for clients that accept gzip. Content-Type is from the system's table.
/// Errors: those of `file_tree::open`. Cost of a request: two system calls (three with a neighbour) on the connection actor's worker, which wait
/// for the disk when the directory is not in the kernel's cache.
[[nodiscard]] base::result<std::shared_ptr<endpoint>> files(const std::filesystem::path& directory, const file_options& options = {});

} // namespace troupe::server
