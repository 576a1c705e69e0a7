#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace troupe::store::test {

/// An empty directory of its own for one test, removed with all that is in it.
class scratch_directory {
 public:
  scratch_directory() {
    auto name = (std::filesystem::temp_directory_path() / "troupe-store-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory could be made");
    path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path file(const std::string& name = "test.db") const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

} // namespace troupe::store::test
