#include "services/retail/row_report.hpp"

#include <cerrno>
#include <fstream>
#include <ostream>
#include <system_error>
#include <utility>

namespace troupe::retail {

std::string quoted(std::string_view text, std::size_t limit_bytes) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, limit_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte > 0x7E) {
      out += "\\x";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
  if (text.size() > limit_bytes) out += "...";
  return out;
}

void row_report::add(row_problem problem) {
  ++count_;
  if (kept_.size() >= kept_limit) return;
  // One byte more than is shown says that something was cut.
  if (problem.found.size() > found_limit_bytes) problem.found.resize(found_limit_bytes + 1);
  problem.found.shrink_to_fit();
  kept_.push_back(std::move(problem));
}

void row_report::write(std::ostream& out) const {
  for (const auto& row : kept_) {
    out << "line " << row.line << ": ";
    if (!row.column.empty()) out << row.column << ": ";
    out << "expected " << row.expected;
    if (!row.found.empty()) out << ", found " << quoted(row.found);
    out << '\n';
  }
  if (count_ > kept_.size()) out << "and " << count_ - kept_.size() << " more rows refused, not listed\n";
}

base::result<void> row_report::save(const std::string& path) const {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file) write(file);
  file.close();
  if (file.fail()) {
    const int why = errno == 0 ? EIO : errno;
    return base::fail(base::errc::unavailable,
                      path + ": the report cannot be written: " + std::generic_category().message(why));
  }
  return {};
}

} // namespace troupe::retail
