#include "platform/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace troupe::net {

namespace {

constexpr std::size_t longest_peer = 1024;

std::string subject_of(X509* certificate) {
  auto* text = ::BIO_new(::BIO_s_mem());
  if (!text) return {};
  std::string out;
  if (::X509_NAME_print_ex(text, ::X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(text, &bytes);
    if (size > 0) out.assign(bytes, static_cast<std::size_t>(size));
  }
  ::BIO_free(text);
  return out;
}

// Certificates of workloads often have no subject and say who they are in a URI or a DNS name.
std::string alternative_of(X509* certificate) {
  std::string out;
  auto* all = static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all) && out.empty(); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_URI && name->type != GEN_DNS) continue;
    out.assign(name->type == GEN_URI ? "URI:" : "DNS:");
    out.append(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name->d.ia5)), static_cast<std::size_t>(::ASN1_STRING_length(name->d.ia5)));
  }
  ::GENERAL_NAMES_free(all);
  return out;
}

} // namespace

bool tls_stream::start(std::shared_ptr<const tls_context> context, int fd) {
  reset();
  ssl_ = context->new_session();
  if (!ssl_ || ::SSL_set_fd(ssl_, fd) != 1) {
    ::ERR_clear_error();
    reset();
    return false;
  }
  context_ = std::move(context);
  ::SSL_set_accept_state(ssl_);
  auto* bio = ::SSL_get_rbio(ssl_);
  ::BIO_set_callback_ex(bio, &tls_stream::observe);
  ::BIO_set_callback_arg(bio, reinterpret_cast<char*>(this));
  ::SSL_set_msg_callback(ssl_, &tls_stream::count_record);
  SSL_set_msg_callback_arg(ssl_, this);
  return true;
}

void tls_stream::reset() noexcept {
  if (ssl_) ::SSL_free(ssl_);
  ssl_ = nullptr;
  context_.reset();
  peer_.clear();
  why_ = "";
  records_ = without_data_ = 0;
  open_ = dead_ = drained_ = waits_to_write_ = came_short_ = came_empty_ = kernel_receives_ = is_queued = false;
}

// The library does not say how much its reads of the socket brought. Less than asked for means that the socket is empty (epoll(7)), and
// knowing it spares one failing system call a request. Here too ends what the library would otherwise go on to read by itself.
long tls_stream::observe(bio_st* bio, int operation, const char*, std::size_t wanted, int, long, int result, std::size_t* got) {
  auto& self = *reinterpret_cast<tls_stream*>(::BIO_get_callback_arg(bio));
  if (operation == BIO_CB_READ && self.open_ && self.without_data_ > most_without_data) {
    BIO_clear_retry_flags(bio);
    return 0;
  }
  if (operation == (BIO_CB_READ | BIO_CB_RETURN)) {
    self.came_empty_ = result <= 0;
    self.came_short_ = result > 0 && got && *got < wanted;
    if (result > 0 && got) self.without_data_ += *got;
  }
  return (operation & BIO_CB_RETURN) != 0 ? result : 1;
}

void tls_stream::count_record(int is_written, int, int type, const void*, std::size_t, ssl_st*, void* stream) {
  if (!is_written && type == SSL3_RT_HEADER) ++static_cast<tls_stream*>(stream)->records_;
}

tls_stream::outcome tls_stream::judge(int result) noexcept {
  switch (::SSL_get_error(ssl_, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE: return outcome::would_block;
  case SSL_ERROR_ZERO_RETURN: return outcome::closed;
  default: break;
  }
  const auto code = ::ERR_peek_last_error();
  const char* reason = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
  why_ = reason ? reason : without_data_ > most_without_data ? "too much came without data" : "the connection ended";
  ::ERR_clear_error();
  dead_ = true;
  return outcome::broken;
}

tls_stream::outcome tls_stream::handshake() {
  if (dead_) return outcome::broken;
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_);
  waits_to_write_ = SSL_want_write(ssl_);
  if (result != 1) {
    const auto judged = judge(result);
    if (judged != outcome::closed) return judged;
    why_ = "the client left";
    dead_ = true;
    return outcome::broken;
  }
  ::ERR_clear_error(); // what the library tried in vain on its way
  open_ = true;
  without_data_ = 0;
  kernel_receives_ = BIO_get_ktls_recv(::SSL_get_rbio(ssl_)) != 0;
  return take_peer() ? outcome::data : outcome::broken;
}

// A resumed session brings its certificate from the ticket, where nobody has looked at the date again.
bool tls_stream::take_peer() {
  auto* certificate = ::SSL_get1_peer_certificate(ssl_);
  if (!certificate) return true;
  if (::X509_cmp_current_time(::X509_get0_notAfter(certificate)) <= 0) {
    why_ = "the client's certificate has expired since its session began";
    open_ = false;
  } else {
    peer_ = subject_of(certificate);
    if (peer_.empty()) peer_ = alternative_of(certificate);
    if (peer_.empty() || peer_.size() > longest_peer) {
      why_ = "the client's certificate has no subject, or one of more than 1 KiB";
      open_ = false;
    }
  }
  ::X509_free(certificate);
  dead_ = !open_;
  return open_;
}

tls_stream::moved tls_stream::read(std::span<char> into) {
  std::size_t total = 0;
  drained_ = false;
  waits_to_write_ = false;
  came_short_ = false; // of this call's reads only: what an earlier one saw may have been filled up since
  records_ = 0;
  while (total < into.size() && records_ < records_a_read) {
    if (dead_) return {total > 0 ? outcome::data : outcome::broken, total};
    ::ERR_clear_error();
    came_empty_ = false;
    std::size_t got = 0;
    if (::SSL_read_ex(ssl_, into.data() + total, into.size() - total, &got) == 1) {
      total += got;
      without_data_ = 0;
      drained_ = came_short_ && !kernel_receives_ && ::SSL_has_pending(ssl_) == 0;
      if (drained_) return {outcome::data, total};
      continue;
    }
    waits_to_write_ = SSL_want_write(ssl_);
    const auto judged = judge(0);
    if (judged == outcome::would_block && !waits_to_write_ && !came_empty_) continue; // a record without data
    drained_ = judged == outcome::would_block;
    // The end, or a fault, is told again by the next call.
    return {total > 0 ? outcome::data : judged, total};
  }
  return {total > 0 ? outcome::data : outcome::more, total};
}

tls_stream::moved tls_stream::write(std::string_view bytes) {
  if (dead_) return {outcome::broken};
  ::ERR_clear_error();
  std::size_t sent = 0;
  if (::SSL_write_ex(ssl_, bytes.data(), std::min(bytes.size(), record_bytes), &sent) == 1) return {outcome::data, sent};
  return {judge(0)};
}

void tls_stream::close_notify() noexcept {
  if (!open_ || dead_) return;
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_);
  ::ERR_clear_error();
}

bool tls_stream::is_1_3() const noexcept { return ::SSL_version(ssl_) == TLS1_3_VERSION; }
bool tls_stream::is_resumed() const noexcept { return ::SSL_session_reused(ssl_) == 1; }
bool tls_stream::is_in_kernel() const noexcept { return BIO_get_ktls_send(::SSL_get_wbio(ssl_)) != 0; }

} // namespace troupe::net
