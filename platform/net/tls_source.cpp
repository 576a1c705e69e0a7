#include "platform/net/tls_source.hpp"

#include <sys/stat.h>

namespace troupe::net {

namespace {

std::int64_t nanoseconds(const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; }

} // namespace

base::result<std::unique_ptr<tls_source>> tls_source::open(tls_options options) {
  std::unique_ptr<tls_source> made(new tls_source(std::move(options)));
  if (auto loaded = made->reload(); !loaded) return loaded.error();
  return made;
}

std::shared_ptr<const tls_context> tls_source::current() const {
  const std::lock_guard lock(guard_);
  return current_;
}

std::vector<tls_source::file_version> tls_source::look() const {
  std::vector<file_version> all;
  const auto add = [&all](const std::filesystem::path& file) {
    struct stat s{};
    if (file.empty() || ::stat(file.c_str(), &s) != 0) {
      all.emplace_back();
    } else {
      all.push_back({s.st_dev, s.st_ino, s.st_size, nanoseconds(s.st_mtim), nanoseconds(s.st_ctim)});
    }
  };
  for (const auto& files : options_.certificates) {
    add(files.certificate);
    add(files.key);
  }
  add(options_.client_ca);
  return all;
}

bool tls_source::needs_reload() const { return look() != tried_; }

base::result<void> tls_source::reload() {
  // Looked at before they are read: what is replaced meanwhile, as between a certificate and its key, is found changed and loaded again.
  tried_ = look();
  auto loaded = tls_context::load(options_, keys_);
  if (!loaded) {
    if (loaded.error().code != base::errc::invalid_argument) tried_.clear();
    return loaded.error();
  }
  const std::lock_guard lock(guard_);
  current_ = std::move(*loaded);
  return {};
}

} // namespace troupe::net
