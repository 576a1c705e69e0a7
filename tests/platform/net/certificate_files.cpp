#include "tests/platform/net/certificate_files.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace troupe::net::test {

namespace {

struct owned_file {
  explicit owned_file(const std::filesystem::path& path, const char* mode) : file(std::fopen(path.c_str(), mode)) { REQUIRE(file); }
  ~owned_file() { std::fclose(file); }
  std::FILE* file;
};

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = ::X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  REQUIRE(extension);
  REQUIRE(::X509_add_ext(certificate, extension, -1) == 1);
  ::X509_EXTENSION_free(extension);
}

} // namespace

certificate_files::certificate_files() {
  auto pattern = (std::filesystem::temp_directory_path() / "troupe-tls-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()));
  directory_ = pattern;
}

certificate_files::~certificate_files() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

tls_options::pair certificate_files::named(const std::string& name) const {
  return {directory_ / (name + ".pem"), directory_ / (name + ".key")};
}

std::filesystem::path certificate_files::write(const std::string& name, const std::string& text) const {
  const auto path = directory_ / name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

tls_options::pair certificate_files::make(const std::string& name, const wish& w) {
  EVP_PKEY* key = w.rsa_bits > 0 ? EVP_RSA_gen(w.rsa_bits) : EVP_EC_gen("P-256");
  X509* certificate = ::X509_new();
  REQUIRE(key);
  REQUIRE(certificate);
  static long serial = 0;
  ::X509_set_version(certificate, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), ++serial);
  ::X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  ::X509_gmtime_adj(X509_getm_notAfter(certificate), w.ends_in_s);
  ::X509_set_pubkey(certificate, key);
  auto* subject = ::X509_get_subject_name(certificate);
  if (!w.common_name.empty())
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(w.common_name.c_str()), -1, -1, 0);

  X509* issuer = certificate;
  EVP_PKEY* signer = key;
  if (!w.issuer.empty()) {
    const auto files = named(w.issuer);
    issuer = ::PEM_read_X509(owned_file(files.certificate, "r").file, nullptr, nullptr, nullptr);
    signer = ::PEM_read_PrivateKey(owned_file(files.key, "r").file, nullptr, nullptr, nullptr);
    REQUIRE(issuer);
    REQUIRE(signer);
  }
  ::X509_set_issuer_name(certificate, ::X509_get_subject_name(issuer));
  if (w.issuer.empty()) extend(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
  std::string names;
  for (const auto& n : w.names) names += (names.empty() ? "DNS:" : ",DNS:") + n;
  if (!w.uri.empty()) names += (names.empty() ? "URI:" : ",URI:") + w.uri;
  if (!names.empty()) extend(certificate, issuer, NID_subject_alt_name, names);
  REQUIRE(::X509_sign(certificate, signer, ::EVP_sha256()) > 0);

  const auto files = named(name);
  REQUIRE(::PEM_write_X509(owned_file(files.certificate, "w").file, certificate) == 1);
  REQUIRE(::PEM_write_PrivateKey(owned_file(files.key, "w").file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (issuer != certificate) {
    ::X509_free(issuer);
    ::EVP_PKEY_free(signer);
  }
  ::X509_free(certificate);
  ::EVP_PKEY_free(key);
  return files;
}

} // namespace troupe::net::test
