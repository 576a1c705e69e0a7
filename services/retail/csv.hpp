#pragma once

#include "platform/base/result.hpp"
#include "services/retail/line_source.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::retail {

/// One record of a CSV file.
struct csv_record {
  std::uint64_t line = 0;          ///< where the record begins, from 1
  std::vector<std::string> fields; ///< unquoted; of a malformed record, the fields before the one at fault
  std::string problem;             ///< empty, or what the reader expected and did not find

  [[nodiscard]] bool is_well_formed() const noexcept { return problem.empty(); }
};

/// Reads the records of a CSV file as RFC 4180 section 2 has them: comma, double quotes, line breaks inside
/// quotes; LF is taken as well as CRLF, blank lines are passed over. A malformed record (a stray quote, a
/// quote never closed, more than max_record_bytes) is handed out with its problem and reading goes on with
/// the line after the one it began on, so that one wrong quote costs one record. Memory: two records. Cost:
/// O(bytes).
class csv_reader {
 public:
  static constexpr std::size_t max_record_bytes = line_source::max_line_bytes;

  /// The source must outlive the reader.
  explicit csv_reader(line_source& source) noexcept : source_(&source) {}

  /// Fills `out` and returns true, or false at the end of the file. Errors: as line_source::next.
  [[nodiscard]] base::result<bool> read(csv_record& out);

 private:
  struct owned_line {
    std::uint64_t number;
    std::string text;
    bool is_too_long;
  };

  base::result<std::optional<owned_line>> continuation();
  base::result<void> read_from(const text_line& first, csv_record& out);
  void parse(std::string_view text, csv_record& out);

  line_source* source_;
  std::deque<owned_line> put_back_; // lines a malformed record had taken, to be read again
  std::string field_;
  enum class place { field_start, unquoted, quoted, after_quote } place_ = place::field_start;
};

} // namespace troupe::retail
