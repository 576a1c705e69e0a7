#pragma once

#include "platform/base/result.hpp"
#include "platform/net/server_names.hpp"
#include "platform/net/ticket_keys.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace troupe::net {

/// What a listener's TLS is made of. All files are PEM.
struct tls_options {
  struct pair {
    std::filesystem::path certificate; ///< the server's own, then its chain
    std::filesystem::path key;         ///< not encrypted
  };
  enum class clients : std::uint8_t { off, optional, required };

  std::vector<pair> certificates;   ///< the first is for clients that name no server, or one that no certificate has
  std::filesystem::path client_ca;  ///< who vouches for client certificates
  clients client_certificates = clients::off;
  bool only_1_3 = false;            ///< otherwise 1.2 and 1.3
  bool in_kernel = true;            ///< hand the records' encryption to the kernel where it knows how (kTLS)
};

/// Certificates, keys and rules, loaded and checked; immutable, shared by every session that was begun with it. TLS 1.2 and 1.3, forward
/// secrecy and AEAD ciphers only, no compression, no renegotiation, no early data, ALPN http/1.1. A session is resumed only under the server
/// name that it was begun with, or without one when it had none. Thread: any.
class tls_context {
 public:
  /// Loads everything. Errors name the file, what is wrong with it and what to do. invalid_argument: not PEM, a key that is encrypted or of
  /// another certificate, a certificate that is too weak, client certificates without a CA. unavailable: a file that cannot be opened or read
  /// now, for want of descriptors as much as of the file. internal: the library has no memory.
  /// Cost: milliseconds and file reads; not from an actor.
  [[nodiscard]] static base::result<std::shared_ptr<const tls_context>> load(const tls_options& options,
                                                                             std::shared_ptr<ticket_keys> keys);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// When each certificate ends, in the order of the options.
  [[nodiscard]] const std::vector<std::chrono::system_clock::time_point>& ends() const noexcept { return ends_; }
  /// Key files that others than their owner and group can read.
  [[nodiscard]] const std::vector<std::filesystem::path>& exposed_keys() const noexcept { return exposed_keys_; }
  /// The certificate for a server name, as an index; the first when no other is for it.
  [[nodiscard]] std::size_t certificate_for(std::string_view server_name) const;

  /// The library's object for a new session, owned by the caller, who keeps this context at least as long. Null when memory is out.
  [[nodiscard]] ssl_st* new_session() const;

 private:
  struct callbacks;
  tls_context() = default;
  [[nodiscard]] base::result<void> add(const tls_options& options, const tls_options::pair& files);

  std::vector<ssl_ctx_st*> contexts_; // by certificate
  server_names names_;
  std::vector<std::chrono::system_clock::time_point> ends_;
  std::vector<std::filesystem::path> exposed_keys_;
  std::shared_ptr<ticket_keys> keys_;
  std::string session_scope_; // of sessions without a server name: tickets count only where the same client certificates are accepted
};

/// Whether the kernel encrypts records (kTLS): asked once, with a connection to ourselves.
[[nodiscard]] bool kernel_has_tls();

} // namespace troupe::net
