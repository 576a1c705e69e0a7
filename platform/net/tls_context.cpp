#include "platform/net/tls_context.hpp"

#include "platform/net/asked_name.hpp"
#include "platform/net/socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

namespace troupe::net {

namespace {

// Forward secrecy and AEAD only. Source: RFC 9325 section 4.2.
constexpr const char* ciphers_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* ciphers_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";

constexpr off_t largest_file = 4 * 1024 * 1024;
constexpr int deepest_client_chain = 8;
// Less than what a ticket key lives at least, so that no ticket is honoured longer than its key.
constexpr long session_seconds = std::chrono::seconds(ticket_keys::period * ticket_keys::periods_kept).count();

base::error unusable(const char* what, const std::filesystem::path& file, const std::string& why, base::errc code = base::errc::invalid_argument) {
  return base::fail(code, std::string("TLS: cannot use the ") + what + " file '" + file.string() + "': " + why);
}

// Of a file whose content is not known: another time it may be read.
base::error unread(const char* what, const std::filesystem::path& file, int number) {
  std::string why = std::strerror(number);
  if (number == EMFILE || number == ENFILE) why += "; raise the limit of open files";
  if (number == EACCES || number == EPERM) why += "; check its owner and mode";
  return unusable(what, file, why, base::errc::unavailable);
}

// What the library says about its last failure, and nothing left behind for the next.
std::string library_reason() {
  const auto code = ::ERR_peek_last_error();
  ::ERR_clear_error();
  switch (ERR_GET_REASON(code)) {
  case SSL_R_EE_KEY_TOO_SMALL:
  case SSL_R_CA_MD_TOO_WEAK:
  case SSL_R_CA_KEY_TOO_SMALL:
    if (ERR_GET_LIB(code) == ERR_LIB_SSL) return "it is too weak; use ECDSA, or RSA with 2048 bits or more, signed with SHA-256";
  }
  const char* text = ::ERR_reason_error_string(code);
  return text ? text : "it is not PEM of the expected kind";
}

// Why the library has not taken a file. The oldest failure is the cause: the system's where the file could not be opened or read.
base::error refused(const char* what, const std::filesystem::path& file) {
  const auto first = ::ERR_peek_error();
  const bool no_memory = ERR_GET_REASON(::ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
  const auto reason = library_reason();
  if (ERR_SYSTEM_ERROR(first)) return unread(what, file, ERR_GET_REASON(first));
  return no_memory ? unread(what, file, ENOMEM) : unusable(what, file, reason);
}

base::result<void> check_kind(const char* what, const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return unread(what, file, errno);
  if (!S_ISREG(status.st_mode)) return unusable(what, file, "it is not a regular file");
  if (status.st_size > largest_file) return unusable(what, file, "it is larger than 4 MiB");
  return {};
}

// Instead of a question on the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

void add_names(server_names& names, X509* certificate, std::size_t index) {
  bool any = false;
  if (auto* all = static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))) {
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
      const auto* name = sk_GENERAL_NAME_value(all, i);
      if (name->type != GEN_DNS) continue;
      any = true;
      names.add({reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name->d.dNSName)),
                 static_cast<std::size_t>(::ASN1_STRING_length(name->d.dNSName))},
                index);
    }
    ::GENERAL_NAMES_free(all);
  }
  if (any) return; // the common name counts only where there is no other. Source: RFC 6125 section 6.4.4
  auto* subject = ::X509_get_subject_name(certificate);
  const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return;
  unsigned char* text = nullptr;
  const int size = ::ASN1_STRING_to_UTF8(&text, ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
  if (size < 0) return;
  names.add({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)}, index);
  ::OPENSSL_free(text);
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
  std::tm end{};
  if (::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &end) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&end));
}

constexpr std::size_t scope_size = 32; // of a SHA-256, and all that the library compares

bool digest(std::string_view text, unsigned char* out) {
  std::size_t size = 0;
  return ::EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), out, &size) == 1 && size == scope_size;
}

base::result<std::string> scope_of(const tls_options& options) {
  std::string text = "troupe ";
  if (options.client_certificates != tls_options::clients::off) {
    text += options.client_certificates == tls_options::clients::required ? "required " : "optional ";
    std::ifstream file(options.client_ca, std::ios::binary);
    if (!file) return unread("client CA", options.client_ca, errno);
    char chunk[4096];
    while (file.read(chunk, sizeof chunk), file.gcount() > 0) text.append(chunk, static_cast<std::size_t>(file.gcount()));
    if (file.bad()) return unread("client CA", options.client_ca, EIO);
  }
  std::string scope(scope_size, '\0');
  if (!digest(text, reinterpret_cast<unsigned char*>(scope.data()))) return base::fail(base::errc::internal, "TLS: " + library_reason());
  return scope;
}

} // namespace

struct tls_context::callbacks {
  static const tls_context& of(SSL* ssl) { return *static_cast<const tls_context*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(ssl))); }

  // Before the library looks for a session, which it then takes only if it was begun in the same scope. It asks of each hello: of both when it
  // had to ask the client for another. Source: RFC 6066 section 3, a session is not resumed under another server name.
  static int set_scope(SSL* ssl, int* alert, void*) {
    const auto& scope = of(ssl).session_scope_;
    const auto set = [ssl](const void* bytes) {
      return ::SSL_set_session_id_context(ssl, static_cast<const unsigned char*>(bytes), scope_size) == 1 ? SSL_CLIENT_HELLO_SUCCESS
                                                                                                          : SSL_CLIENT_HELLO_ERROR;
    };
    const unsigned char* extension = nullptr;
    std::size_t size = 0;
    if (::SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &size) != 1) return set(scope.data());
    const auto name = asked_name({extension, size});
    if (!name) { // of a session that it resumes the library would not say so
      *alert = SSL_AD_DECODE_ERROR;
      return SSL_CLIENT_HELLO_ERROR;
    }
    std::array<char, scope_size + longest_asked_name> text;
    const auto at = std::copy(scope.begin(), scope.end(), text.begin());
    const auto end = std::transform(name->begin(), name->end(), at, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::array<unsigned char, scope_size> named;
    if (!digest({text.data(), static_cast<std::size_t>(end - text.begin())}, named.data())) return SSL_CLIENT_HELLO_ERROR;
    return set(named.data());
  }

  static int choose_certificate(SSL* ssl, int*, void*) {
    const char* name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    const auto& self = of(ssl);
    auto* chosen = self.contexts_[self.certificate_for(name)];
    if (chosen != ::SSL_get_SSL_CTX(ssl)) ::SSL_set_SSL_CTX(ssl, chosen);
    return SSL_TLSEXT_ERR_OK;
  }

  // A client that offers protocols but not ours is told so. Source: RFC 7301 section 3.2.
  static int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (::SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, size) != OPENSSL_NPN_NEGOTIATED)
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
  }

  static int ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
    auto& keys = *of(ssl).keys_;
    const auto now = base::clock::now();
    ticket_key key;
    auto found = ticket_keys::found::newest;
    bool good = false;
    if (sealing) {
      if (!keys.newest(now, key)) return -1;
      std::memcpy(name, key.name.data(), key.name.size());
      good = ::RAND_bytes(iv, ::EVP_CIPHER_get_iv_length(::EVP_aes_256_cbc())) == 1 &&
             ::EVP_EncryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1;
    } else {
      found = keys.find(std::span<const unsigned char, 16>(name, 16), now, key);
      if (found == ticket_keys::found::no) return 0; // a full handshake
      good = ::EVP_DecryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1;
    }
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        ::OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), ::OSSL_PARAM_construct_end()};
    good = good && ::EVP_MAC_CTX_set_params(mac, parameters) == 1;
    ::OPENSSL_cleanse(&key, sizeof key);
    if (!good) return -1;
    // 2 asks for a new ticket. Source: RFC 8446 appendix C.4, one of TLS 1.3 should be used once.
    return found == ticket_keys::found::older || ::SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
  }
};

base::result<void> tls_context::add(const tls_options& options, const tls_options::pair& files) {
  if (auto good = check_kind("certificate", files.certificate); !good) return good;
  if (auto good = check_kind("key", files.key); !good) return good;
  auto* context = ::SSL_CTX_new(::TLS_server_method());
  if (!context) return base::fail(base::errc::internal, "TLS: " + library_reason());
  contexts_.push_back(context);
  ::SSL_CTX_set_security_level(context, 2);
  bool asked = false;
  ::SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  ::SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) return refused("certificate", files.certificate);
  ::ERR_clear_error();
  if (::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (asked) return unusable("key", files.key, "it is encrypted; store it without a passphrase");
    if (ERR_GET_LIB(::ERR_peek_last_error()) == ERR_LIB_X509)
      return unusable("key", files.key, "it does not belong to the certificate in '" + files.certificate.string() + "'");
    return refused("key", files.key);
  }
  // A key of another kind than the certificate's is taken for one whose certificate is still to come.
  if (::SSL_CTX_check_private_key(context) != 1)
    return unusable("key", files.key, "it does not belong to the certificate in '" + files.certificate.string() + "'");
  ::SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);

  auto* certificate = ::SSL_CTX_get0_certificate(context);
  add_names(names_, certificate, contexts_.size() - 1);
  ends_.push_back(end_of(certificate));
  struct stat status{};
  if (::stat(files.key.c_str(), &status) == 0 && (status.st_mode & S_IROTH)) exposed_keys_.push_back(files.key);

  std::uint64_t flags = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
  // An end without close_notify is an end: requests say themselves how long they are, so one that was cut off is never taken for whole,
  // and what came whole before is still answered.
  flags |= SSL_OP_IGNORE_UNEXPECTED_EOF;
  if (options.in_kernel && kernel_has_tls()) flags |= SSL_OP_ENABLE_KTLS;
  ::SSL_CTX_set_options(context, flags);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY); // behind a record without data we are asked before it waits for the next
  SSL_CTX_set_read_ahead(context, 1); // one system call for what is there, not two a record
  bool good = SSL_CTX_set_min_proto_version(context, options.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
              ::SSL_CTX_set_cipher_list(context, ciphers_1_2) == 1 && ::SSL_CTX_set_ciphersuites(context, ciphers_1_3) == 1 &&
              SSL_CTX_set1_groups_list(context, groups) == 1;
  // Tickets only: no list of sessions to keep, lock and bound.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_timeout(context, session_seconds);
  good = good && ::SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(session_scope_.data()),
                                                  static_cast<unsigned>(session_scope_.size())) == 1;
  SSL_CTX_set_app_data(context, this);
  ::SSL_CTX_set_client_hello_cb(context, &callbacks::set_scope, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, &callbacks::choose_certificate);
  ::SSL_CTX_set_alpn_select_cb(context, &callbacks::choose_protocol, nullptr);
  ::SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &callbacks::ticket);
  if (!good) return base::fail(base::errc::internal, "TLS: " + library_reason());

  if (options.client_certificates == tls_options::clients::off) return {};
  ::ERR_clear_error();
  auto* issuers = ::SSL_load_client_CA_file(options.client_ca.c_str());
  if (issuers) ::SSL_CTX_set_client_CA_list(context, issuers);
  if (!issuers || ::SSL_CTX_load_verify_file(context, options.client_ca.c_str()) != 1) return refused("client CA", options.client_ca);
  const int must = options.client_certificates == tls_options::clients::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
  ::SSL_CTX_set_verify_depth(context, deepest_client_chain);
  return {};
}

base::result<std::shared_ptr<const tls_context>> tls_context::load(const tls_options& options, std::shared_ptr<ticket_keys> keys) {
  if (options.certificates.empty()) return base::fail(base::errc::invalid_argument, "TLS: no certificate is named; set tls.certificates");
  if (options.client_certificates != tls_options::clients::off) {
    if (options.client_ca.empty())
      return base::fail(base::errc::invalid_argument, "TLS: client certificates need the CA that vouches for them; set tls.client_ca");
    if (auto good = check_kind("client CA", options.client_ca); !good) return good.error();
  }
  std::shared_ptr<tls_context> made(new tls_context);
  made->keys_ = std::move(keys);
  auto scope = scope_of(options);
  if (!scope) return scope.error();
  made->session_scope_ = std::move(*scope);
  for (const auto& files : options.certificates) {
    auto added = made->add(options, files);
    ::ERR_clear_error();
    if (!added) return added.error();
  }
  return std::shared_ptr<const tls_context>(std::move(made));
}

tls_context::~tls_context() {
  for (auto* context : contexts_) ::SSL_CTX_free(context);
}

std::size_t tls_context::certificate_for(std::string_view server_name) const {
  const auto found = names_.find(server_name);
  return found == server_names::none ? 0 : found;
}

ssl_st* tls_context::new_session() const { return ::SSL_new(contexts_.front()); }

bool kernel_has_tls() {
#ifdef OPENSSL_NO_KTLS
  return false;
#else
  static const bool known = [] {
    socket listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    socket client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* address = reinterpret_cast<sockaddr*>(&where);
    if (::bind(listening.fd(), address, size) != 0 || ::listen(listening.fd(), 1) != 0 ||
        ::getsockname(listening.fd(), address, &size) != 0 || ::connect(client.fd(), address, size) != 0)
      return false;
    return ::setsockopt(client.fd(), IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0;
  }();
  return known;
#endif
}

} // namespace troupe::net
