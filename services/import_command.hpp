#pragma once

#include <string>

namespace troupe {

struct import_options {
  std::string file;        ///< retail CSV or JSON Lines of products, plain or .xz
  std::string data_dir = "data";
  std::string report_file; ///< refused rows are written here too; empty: nowhere
};

/// Writes the products of a file into the catalogue of a data directory. Prints what was done on standard output, refused rows and
/// skipped stock codes on standard error. Returns an exit code: 0 all rows taken; 1 something was refused or failed.
[[nodiscard]] int import_products(const import_options& options);

} // namespace troupe
