#pragma once

#include "platform/net/tls_context.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::net::test {

/// Certificates with keys, made for one test and removed with it.
class certificate_files {
 public:
  struct wish {
    std::string common_name;
    std::vector<std::string> names = {};                ///< DNS names of the subjectAltName
    std::string issuer = {};                            ///< name of one made before; empty: itself
    long ends_in_s = 3600;
    unsigned rsa_bits = 0;                              ///< 0: ECDSA P-256
    std::string uri = {};                               ///< in the subjectAltName
  };

  certificate_files();
  ~certificate_files();
  certificate_files(const certificate_files&) = delete;
  certificate_files& operator=(const certificate_files&) = delete;

  /// NAME.pem and NAME.key, in the place of what had these names.
  tls_options::pair make(const std::string& name, const wish& w);
  [[nodiscard]] tls_options::pair named(const std::string& name) const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path directory_;
};

} // namespace troupe::net::test
