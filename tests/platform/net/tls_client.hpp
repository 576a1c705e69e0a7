#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace troupe::net::test {

/// An OpenSSL client on one end of a socket pair; it never blocks. Bytes move only when the test says so.
class tls_client {
 public:
  struct wish {
    std::string server_name = {};
    int version = 0;            ///< TLS1_2_VERSION or TLS1_3_VERSION; 0: any
    std::string ciphers = {};
    std::string alpn = {};      ///< in wire form
    std::string certificate = {}, key = {};
    ssl_session_st* resume = nullptr;
  };

  tls_client(int fd, const wish& w);
  ~tls_client();
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  /// True when the handshake is complete.
  bool step();
  [[nodiscard]] bool has_failed() const noexcept { return failed_; }
  /// All that is there now.
  std::string read(std::size_t most = 1 << 20);
  /// How many bytes went out.
  std::size_t write(std::string_view bytes);
  void close_notify();
  /// Whether the server has said that nothing more comes.
  [[nodiscard]] bool was_told_of_the_end() const;
  void update_keys(); ///< asks for the server's update too
  void renegotiate(); ///< TLS 1.2
  [[nodiscard]] std::string server_common_name() const;
  [[nodiscard]] std::string alpn() const;
  [[nodiscard]] int version() const;
  [[nodiscard]] bool is_resumed() const;
  /// The newest session, owned by the caller; null when no ticket came.
  [[nodiscard]] ssl_session_st* take_session();
  [[nodiscard]] std::string alert() const;

 private:
  ssl_ctx_st* context_;
  ssl_st* ssl_;
  ssl_session_st* session_ = nullptr;
  bool failed_ = false;
  std::string alert_;
};

} // namespace troupe::net::test
