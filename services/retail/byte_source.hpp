#pragma once

#include "platform/base/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace troupe::retail {

/// The bytes of a file, read forward once; an .xz file, known by its first six bytes, is decompressed on the
/// way. Memory: 64 KiB, and for .xz at most 128 MiB more, whatever the file holds. Works on pipes. Thread:
/// one at a time.
class byte_source {
 public:
  /// Errors: not_found, permission_denied, invalid_argument (a directory), unavailable (any other cause, with
  /// its name).
  [[nodiscard]] static base::result<byte_source> open(const std::string& path);

  byte_source(byte_source&&) noexcept;
  byte_source& operator=(byte_source&&) noexcept;
  ~byte_source();

  /// Fills at most `out.size()` bytes and returns how many; 0 is the end of the data.
  /// Errors: unavailable (the system refused to read), invalid_argument (corrupt or cut .xz data, with the
  /// offset in the compressed file), resource_exhausted (the .xz file asks for more than 128 MiB). After an
  /// error only errors follow.
  [[nodiscard]] base::result<std::size_t> read(std::span<char> out);

  /// The path as it was given to open().
  [[nodiscard]] const std::string& path() const noexcept;

 private:
  struct state;
  explicit byte_source(std::unique_ptr<state> s) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace troupe::retail
