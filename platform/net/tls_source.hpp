#pragma once

#include "platform/base/result.hpp"
#include "platform/net/tls_context.hpp"

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe::net {

/// The TLS context that new sessions begin with, replaced whole when its files have changed. Sessions that exist keep the one they began
/// with; tickets stay good, as all contexts share their keys. Thread: `current` any; the rest one thread.
class tls_source {
 public:
  /// Errors: those of `tls_context::load`.
  [[nodiscard]] static base::result<std::unique_ptr<tls_source>> open(tls_options options);

  /// Cost: a lock and a count.
  [[nodiscard]] std::shared_ptr<const tls_context> current() const;

  /// Whether a file is another, or was written, since it was last loaded or tried: also when a link on the way to it points elsewhere now, as
  /// Kubernetes replaces mounted secrets. And after a reload that failed for another reason than what stands in the files, which may have
  /// passed. Cost: a stat(2) a file.
  [[nodiscard]] bool needs_reload() const;

  /// Loads all files again. After an error, which is one of `tls_context::load`, the old context stays.
  [[nodiscard]] base::result<void> reload();

  [[nodiscard]] const tls_options& options() const noexcept { return options_; }

 private:
  // What tells one version of a file from the next; all 0 for one that is not there.
  struct file_version {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t written_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const file_version&, const file_version&) = default;
  };
  explicit tls_source(tls_options options) : options_(std::move(options)), keys_(std::make_shared<ticket_keys>()) {}
  [[nodiscard]] std::vector<file_version> look() const;

  tls_options options_;
  std::shared_ptr<ticket_keys> keys_;
  std::vector<file_version> tried_; // empty when what was tried has told nothing of the files
  mutable std::mutex guard_; // of current_
  std::shared_ptr<const tls_context> current_;
};

} // namespace troupe::net
