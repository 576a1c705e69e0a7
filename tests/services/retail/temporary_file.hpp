#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace troupe::retail {

/// A file with the given bytes, removed when this goes.
class temporary_file {
 public:
  explicit temporary_file(std::string_view bytes = {}) {
    const char* folder = ::getenv("TMPDIR");
    path_ = std::string(folder ? folder : "/tmp") + "/troupe-retail-XXXXXX";
    const int fd = ::mkstemp(path_.data());
    if (fd < 0) throw std::runtime_error("no temporary file at " + path_);
    ::close(fd);
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { ::unlink(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] std::string content() const {
    std::ostringstream all;
    all << std::ifstream(path_, std::ios::binary).rdbuf();
    return all.str();
  }

 private:
  std::string path_;
};

} // namespace troupe::retail
