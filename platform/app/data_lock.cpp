#include "platform/app/data_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace troupe::app {

base::result<net::socket> lock_data_dir(const std::filesystem::path& dir) {
  std::error_code ec;
  std::filesystem::create_directories(dir, ec);
  if (ec)
    return base::fail(base::errc::unavailable, "cannot create the data directory '" + dir.string() + "': " + ec.message() +
                                                   "; choose another with --data-dir");
  const auto file = dir / "lock";
  net::socket lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock)
    return base::fail(base::errc::unavailable, "cannot write in the data directory '" + dir.string() +
                                                   "': " + std::strerror(errno) + "; change its owner or choose another with --data-dir");
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0)
    return base::fail(base::errc::unavailable, "another troupe uses the data directory '" + dir.string() +
                                                   "': stop it, or choose another with --data-dir");
  return lock;
}

} // namespace troupe::app
