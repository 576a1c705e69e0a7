#pragma once

#include "platform/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::retail {

/// Why a row of a file was not taken.
struct row_problem {
  std::uint64_t line = 0; ///< of the file, from 1, where the row begins
  std::string column;     ///< name of the column or field; empty: the row as a whole
  std::string expected;   ///< what would have been accepted, as in "a whole number"
  std::string found;      ///< what stood there; any bytes, for they are escaped when written
};

/// The rows that were refused: every one counted, the first `kept_limit` kept with their reason.
class row_report {
 public:
  static constexpr std::size_t kept_limit = 1000;
  static constexpr std::size_t found_limit_bytes = 60;

  void add(row_problem problem);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] const std::vector<row_problem>& kept() const noexcept { return kept_; }

  /// One line a kept row, then how many more there were; nothing at all when no row was refused.
  void write(std::ostream& out) const;

  /// Writes the same to a file, replacing it; an empty file when no row was refused.
  /// Errors: unavailable, with the path and the cause.
  [[nodiscard]] base::result<void> save(const std::string& path) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<row_problem> kept_;
};

/// The text in quotes, ready for a terminal: bytes outside 20-7E as \xNN, cut after `limit_bytes`.
[[nodiscard]] std::string quoted(std::string_view text,
                                 std::size_t limit_bytes = row_report::found_limit_bytes);

} // namespace troupe::retail
