#pragma once

#include "platform/app/options.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/net/tls_source.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace troupe::app {

/// How often the files of `tls.certificates` and `tls.client_ca` are looked at for a change.
inline constexpr std::chrono::milliseconds certificates_looked_at_every{2'000};

/// The TLS settings make sense together and their files load. Errors: invalid_argument, naming the setting or the file and what to do.
[[nodiscard]] base::result<void> check_certificates(const options& o);

/// The certificates of a running process: loaded at start, watched, replaced when their files change. Thread: main.
class certificates {
 public:
  /// Null where `tls.certificates` is empty. Warns of key files that others can read and of certificates that end soon. Each certificate's
  /// time left is a metric from then on; the registry must not be exposed after the certificates are gone. Errors: as `check_certificates`.
  [[nodiscard]] static base::result<std::unique_ptr<certificates>> open(const options& o, metrics::registry& registry);

  [[nodiscard]] const net::tls_source& source() const noexcept { return *source_; }

  /// Loads the files again, or keeps what is in use and says why in one line of the log.
  void reload();
  /// The same when a file has changed since the last time, or could not be read then: a reason that lasts is said, and counted, once.
  void reload_if_needed();

 private:
  certificates(std::unique_ptr<net::tls_source> source, metrics::registry& registry);
  void warn() const;
  void load();

  std::unique_ptr<net::tls_source> source_;
  metrics::counter& replaced_;
  metrics::counter& kept_;
  std::string unread_; // why a file could not be read the last time
};

} // namespace troupe::app
