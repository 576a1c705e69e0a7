#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace troupe::server::test {

/// A directory of the test's own with two others in it: `inside`, which is served, and what lies beside it.
class scratch_tree {
 public:
  scratch_tree() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe-server-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
    path_ = pattern;
    std::filesystem::create_directory(inside());
  }
  ~scratch_tree() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_tree(const scratch_tree&) = delete;
  scratch_tree& operator=(const scratch_tree&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path inside() const { return path_ / "inside"; }

  /// Writes a file in `inside`, last changed in the year 2001.
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    const auto file = inside() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    set_time(file, 1'000'000'000);
    return file;
  }
  static void set_time(const std::filesystem::path& file, std::int64_t seconds) {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    if (::utimensat(AT_FDCWD, file.c_str(), times, 0) != 0) throw std::runtime_error("utimensat");
  }

 private:
  std::filesystem::path path_;
};

} // namespace troupe::server::test
