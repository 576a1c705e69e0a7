#include "tests/platform/net/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::net::test {

tls_client::tls_client(int fd, const wish& w) : context_(::SSL_CTX_new(::TLS_client_method())), ssl_(nullptr) {
  REQUIRE(context_);
  ::SSL_CTX_set_security_level(context_, 0); // what is refused shall be refused by the server
  if (w.version != 0) {
    SSL_CTX_set_min_proto_version(context_, w.version);
    SSL_CTX_set_max_proto_version(context_, w.version);
  } else {
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
  }
  if (!w.ciphers.empty()) REQUIRE(::SSL_CTX_set_cipher_list(context_, w.ciphers.c_str()) == 1);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
    auto& self = *static_cast<tls_client*>(SSL_get_app_data(ssl));
    if (self.session_) ::SSL_SESSION_free(self.session_);
    self.session_ = session;
    return 1;
  });
  if (!w.certificate.empty()) {
    REQUIRE(::SSL_CTX_use_certificate_chain_file(context_, w.certificate.c_str()) == 1);
    REQUIRE(::SSL_CTX_use_PrivateKey_file(context_, w.key.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  ssl_ = ::SSL_new(context_);
  REQUIRE(ssl_);
  SSL_set_app_data(ssl_, this);
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!w.server_name.empty()) SSL_set_tlsext_host_name(ssl_, w.server_name.c_str());
  if (!w.alpn.empty())
    REQUIRE(::SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(w.alpn.data()), static_cast<unsigned>(w.alpn.size())) == 0);
  if (w.resume) REQUIRE(::SSL_set_session(ssl_, w.resume) == 1);
  REQUIRE(::SSL_set_fd(ssl_, fd) == 1);
  ::SSL_set_connect_state(ssl_);
}

tls_client::~tls_client() {
  if (session_) ::SSL_SESSION_free(session_);
  ::SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); // otherwise the library gives its session up
  ::SSL_free(ssl_);
  ::SSL_CTX_free(context_);
}

bool tls_client::step() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_);
  if (result == 1) return true;
  const int why = ::SSL_get_error(ssl_, result);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
    failed_ = true;
    if (const auto* reason = ::ERR_reason_error_string(::ERR_peek_last_error())) alert_ = reason;
    ::ERR_clear_error();
  }
  return false;
}

std::string tls_client::read(std::size_t most) {
  std::string out;
  std::string buffer(std::min<std::size_t>(most, 65536), '\0');
  while (out.size() < most) {
    ::ERR_clear_error();
    std::size_t got = 0;
    if (::SSL_read_ex(ssl_, buffer.data(), std::min(buffer.size(), most - out.size()), &got) != 1) {
      const int why = ::SSL_get_error(ssl_, 0);
      if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL) {
        failed_ = true;
        if (const auto* reason = ::ERR_reason_error_string(::ERR_peek_last_error())) alert_ = reason;
        ::ERR_clear_error();
      }
      break;
    }
    out.append(buffer, 0, got);
  }
  return out;
}

std::size_t tls_client::write(std::string_view bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    ::ERR_clear_error();
    std::size_t sent = 0;
    if (::SSL_write_ex(ssl_, bytes.data() + total, bytes.size() - total, &sent) != 1) break;
    total += sent;
  }
  ::ERR_clear_error();
  return total;
}

void tls_client::close_notify() { ::SSL_shutdown(ssl_); }
bool tls_client::was_told_of_the_end() const { return (::SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

void tls_client::update_keys() {
  REQUIRE(::SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) == 1);
  static_cast<void>(::SSL_do_handshake(ssl_));
  ::ERR_clear_error();
}

void tls_client::renegotiate() {
  REQUIRE(::SSL_renegotiate(ssl_) == 1);
  static_cast<void>(::SSL_do_handshake(ssl_));
  ::ERR_clear_error();
}

std::string tls_client::server_common_name() const {
  auto* certificate = ::SSL_get1_peer_certificate(ssl_);
  REQUIRE(certificate);
  char text[256] = {};
  ::X509_NAME_get_text_by_NID(::X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  ::X509_free(certificate);
  return text;
}

std::string tls_client::alpn() const {
  const unsigned char* bytes = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(ssl_, &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

int tls_client::version() const { return ::SSL_version(ssl_); }
bool tls_client::is_resumed() const { return ::SSL_session_reused(ssl_) == 1; }
std::string tls_client::alert() const { return alert_; }

ssl_session_st* tls_client::take_session() {
  auto* session = session_;
  session_ = nullptr;
  return session;
}

} // namespace troupe::net::test
