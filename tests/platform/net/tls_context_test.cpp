#include "platform/net/tls_context.hpp"

#include "tests/platform/net/certificate_files.hpp"
#include "tests/platform/net/tls_pair.hpp"

#include <openssl/ssl.h>
#include <poll.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace troupe::net;
using namespace troupe::net::test;
namespace base = troupe::base;

namespace {

std::shared_ptr<const tls_context> load(const tls_options& options, std::shared_ptr<ticket_keys> keys = std::make_shared<ticket_keys>()) {
  auto loaded = tls_context::load(options, std::move(keys));
  if (!loaded) FAIL(loaded.error().detail);
  return *loaded;
}

std::string error_of(const tls_options& options) {
  const auto loaded = tls_context::load(options, std::make_shared<ticket_keys>());
  if (loaded) return "";
  CHECK(loaded.error().code == (loaded.error().detail.find("No such file") == std::string::npos ? base::errc::invalid_argument : base::errc::unavailable));
  return loaded.error().detail;
}

// What a client that asks for this name is shown.
std::string shown(const std::shared_ptr<const tls_context>& context, const std::string& name, int version = 0) {
  tls_pair p(context, {.server_name = name, .version = version});
  REQUIRE(p.shake_hands() == tls_stream::outcome::data);
  return p.client->server_common_name();
}

// When a certificate ends, as a context that has it says.
std::chrono::system_clock::time_point end_of(const tls_options::pair& files) { return load({.certificates = {files}})->ends().front(); }

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("RFC 6066 3: the server name chooses the certificate") {
  certificate_files files;
  tls_options options;
  options.certificates = {files.make("first", {"first", {"first.example.org"}}), files.make("second", {"second", {"second.example.org", "alias.example.org"}}),
                          files.make("wild", {"wild", {"*.example.org", "first.example.org"}}), files.make("cn", {"named.example.net"})};
  const auto context = load(options);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CHECK(shown(context, "first.example.org", version) == "first");
    CHECK(shown(context, "SECOND.example.org", version) == "second");
    CHECK(shown(context, "alias.example.org", version) == "second");
    CHECK(shown(context, "any.example.org", version) == "wild");
    CHECK(shown(context, "named.example.net", version) == "named.example.net");
    CHECK(shown(context, "a.any.example.org", version) == "first");
    CHECK(shown(context, "unknown.example", version) == "first");
    CHECK(shown(context, "", version) == "first");
  }
}

TEST_CASE("the common name does not count beside a subjectAltName") {
  certificate_files files;
  tls_options options;
  options.certificates = {files.make("first", {"first"}), files.make("second", {"second.example.org", {"other.example.org"}})};
  const auto context = load(options);
  CHECK(context->certificate_for("second.example.org") == 0);
  CHECK(context->certificate_for("other.example.org") == 1);
}

TEST_CASE("protocols: TLS 1.2 and 1.3, or 1.3 alone, and nothing older") {
  certificate_files files;
  tls_options options;
  options.certificates = {files.make("a", {"a"})};
  const auto both = load(options);
  options.only_1_3 = true;
  const auto newest = load(options);
  const struct {
    std::shared_ptr<const tls_context> context;
    int version;
    bool good;
  } cases[] = {{both, TLS1_VERSION, false}, {both, TLS1_1_VERSION, false}, {both, TLS1_2_VERSION, true}, {both, TLS1_3_VERSION, true},
               {newest, TLS1_2_VERSION, false}, {newest, TLS1_3_VERSION, true}};
  for (const auto& c : cases) {
    INFO(c.version);
    tls_pair p(c.context, {.version = c.version, .ciphers = "ALL:@SECLEVEL=0"});
    CHECK((p.shake_hands() == tls_stream::outcome::data) == c.good);
    if (c.good) {
      CHECK(p.client->version() == c.version);
    } else {
      CHECK_THAT(p.client->alert(), Catch::Contains("protocol version"));
    }
  }
}

TEST_CASE("ciphers without forward secrecy or authenticated encryption are refused") {
  certificate_files files;
  tls_options options;
  options.certificates = {files.make("a", {"a"})};
  const auto context = load(options);
  for (const auto* weak : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-NULL-SHA", "ECDHE-ECDSA-AES128-CCM8"}) {
    INFO(weak);
    tls_pair p(context, {.version = TLS1_2_VERSION, .ciphers = std::string(weak) + ":@SECLEVEL=0"});
    CHECK(p.shake_hands() == tls_stream::outcome::broken);
  }
  for (const auto* strong : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    INFO(strong);
    tls_pair p(context, {.version = TLS1_2_VERSION, .ciphers = strong});
    CHECK(p.shake_hands() == tls_stream::outcome::data);
  }
}

TEST_CASE("RFC 7301 3.2: http/1.1 is chosen among the offers, and offers without it are refused") {
  certificate_files files;
  tls_options options;
  options.certificates = {files.make("a", {"a"})};
  const auto context = load(options);
  const auto negotiated = [&](const std::string& offer) {
    tls_pair p(context, {.alpn = offer});
    if (p.shake_hands() != tls_stream::outcome::data) return "refused: " + p.client->alert();
    return p.client->alpn();
  };
  CHECK(negotiated("\x08http/1.1") == "http/1.1");
  CHECK(negotiated("\x02h2\x08http/1.1") == "http/1.1");
  CHECK_THAT(negotiated("\x02h2"), Catch::StartsWith("refused") && Catch::Contains("no application protocol"));
  CHECK_THAT(negotiated("\x08http/1.0"), Catch::StartsWith("refused"));
  CHECK(negotiated("").empty());
}

TEST_CASE("what is wrong with a certificate's files is said with the file and what to do") {
  certificate_files files;
  const auto good = files.make("good", {"good"});
  const auto other = files.make("other", {"other"});
  const auto weak = files.make("weak", {.common_name = "weak", .rsa_bits = 1024});
  const auto rsa = files.make("rsa", {.common_name = "rsa", .rsa_bits = 2048});
  const auto text = files.write("text.pem", "no certificate\n");
  const auto missing = files.directory() / "missing.pem";
  using Catch::Contains;
  CHECK_THAT(error_of({}), Contains("tls.certificates"));
  CHECK_THAT(error_of({.certificates = {{missing, good.key}}}), Contains("missing.pem") && Contains("No such file"));
  CHECK_THAT(error_of({.certificates = {{good.certificate, missing}}}), Contains("key file") && Contains("missing.pem"));
  CHECK_THAT(error_of({.certificates = {{text, good.key}}}), Contains("certificate file") && Contains("text.pem"));
  CHECK_THAT(error_of({.certificates = {{good.certificate, text}}}), Contains("key file") && Contains("text.pem"));
  CHECK_THAT(error_of({.certificates = {{good.certificate, good.certificate}}}), Contains("key file"));
  CHECK_THAT(error_of({.certificates = {{good.certificate, other.key}}}), Contains("other.key") && Contains("good.pem"));
  CHECK_THAT(error_of({.certificates = {{rsa.certificate, other.key}}}), Contains("other.key") && Contains("rsa.pem"));
  CHECK(error_of({.certificates = {rsa, good}}).empty());
  CHECK_THAT(error_of({.certificates = {{files.directory(), good.key}}}), Contains("not a regular file"));
  CHECK_THAT(error_of({.certificates = {weak}}), Contains("weak.pem") && Contains("2048"));
  CHECK_THAT(error_of({.certificates = {good, {missing, good.key}}}), Contains("missing.pem"));
  CHECK_THAT(error_of({.certificates = {good}, .client_certificates = tls_options::clients::required}), Contains("tls.client_ca"));
  CHECK_THAT(error_of({.certificates = {good}, .client_ca = text, .client_certificates = tls_options::clients::optional}), Contains("text.pem"));
  const auto encrypted = files.write("encrypted.key",
                                     "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                                     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END EC PRIVATE KEY-----\n");
  CHECK_THAT(error_of({.certificates = {{good.certificate, encrypted}}}), Contains("encrypted.key") && Contains("without a passphrase"));
}

TEST_CASE("one file may hold the certificate and its key") {
  certificate_files files;
  const auto a = files.make("a", {"a"});
  const auto both = files.write("both.pem", text_of(a.certificate) + text_of(a.key));
  CHECK(shown(load({.certificates = {{both, both}}}), "") == "a");
}

TEST_CASE("a key that others can read is named, and the ends of certificates are known") {
  certificate_files files;
  const auto a = files.make("a", {"a"});
  const auto b = files.make("b", {.common_name = "b", .ends_in_s = 86400});
  std::filesystem::permissions(b.key, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto context = load({.certificates = {a, b}});
  CHECK(context->exposed_keys() == std::vector<std::filesystem::path>{b.key});
  REQUIRE(context->ends().size() == 2);
  const auto left = context->ends()[1] - std::chrono::system_clock::now();
  CHECK(left > std::chrono::hours(23));
  CHECK(left <= std::chrono::hours(24));
}

TEST_CASE("client certificates: off asks for none, optional takes what is verified, required refuses the rest") {
  certificate_files files;
  const auto ca = files.make("ca", {"Test CA"});
  const auto client = files.make("client", {.common_name = "till 7, \"front\"", .issuer = "ca"});
  const auto stranger = files.make("stranger", {"till 7"});
  const auto expired = files.make("expired", {.common_name = "old", .issuer = "ca", .ends_in_s = -60});
  const auto workload = files.make("workload", {.issuer = "ca", .uri = "spiffe://example.org/till"});
  const auto server = files.make("server", {"server"});
  const auto second = files.make("second", {"second", {"second.example.org"}});
  using clients = tls_options::clients;
  const auto peer = [&](clients mode, const tls_options::pair& shows, int version, const std::string& name = "") -> std::string {
    tls_pair p(load({.certificates = {server, second}, .client_ca = ca.certificate, .client_certificates = mode}),
               {.server_name = name, .version = version, .certificate = shows.certificate.string(), .key = shows.key.string()});
    if (p.shake_hands() != tls_stream::outcome::data) return "refused";
    return "'" + p.stream.peer() + "'";
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO(version);
    const std::string subject = "'CN=till 7\\, \\\"front\\\"'";
    CHECK(peer(clients::off, client, version) == "''");
    CHECK(peer(clients::optional, client, version) == subject);
    CHECK(peer(clients::optional, {}, version) == "''");
    CHECK(peer(clients::optional, stranger, version) == "refused");
    CHECK(peer(clients::optional, expired, version) == "refused");
    CHECK(peer(clients::required, client, version) == subject);
    CHECK(peer(clients::required, client, version, "second.example.org") == subject);
    CHECK(peer(clients::required, {}, version) == "refused");
    CHECK(peer(clients::required, {}, version, "second.example.org") == "refused");
    CHECK(peer(clients::required, stranger, version) == "refused");
    CHECK(peer(clients::required, workload, version) == "'URI:spiffe://example.org/till'");
  }
}

namespace {

// A session of a first connection, then whether the second resumes it.
struct resumption {
  explicit resumption(const std::shared_ptr<const tls_context>& first, tls_client::wish w) : wish(std::move(w)) {
    tls_pair p(first, wish);
    REQUIRE(p.shake_hands() == tls_stream::outcome::data);
    CHECK_FALSE(p.stream.is_resumed());
    static_cast<void>(p.client->read());
    session = p.client->take_session();
    REQUIRE(session);
  }
  ~resumption() { ::SSL_SESSION_free(session); }

  // With a copy, as the client gives a session of TLS 1.3 up when it has a newer one.
  std::string under(const std::shared_ptr<const tls_context>& second, const std::string& name) {
    auto other = wish;
    other.server_name = name;
    other.resume = ::SSL_SESSION_dup(session);
    tls_pair p(second, other);
    ::SSL_SESSION_free(other.resume);
    if (p.shake_hands() != tls_stream::outcome::data) return "refused";
    CHECK(p.stream.is_resumed() == p.client->is_resumed());
    return (p.stream.is_resumed() ? "resumed " : "full ") + p.client->server_common_name();
  }

  std::string with(const std::shared_ptr<const tls_context>& second) {
    wish.resume = session;
    tls_pair p(second, wish);
    if (p.shake_hands() != tls_stream::outcome::data) return "refused";
    CHECK(p.stream.is_resumed() == p.client->is_resumed());
    static_cast<void>(p.client->read());
    if (auto* newer = p.client->take_session()) {
      ::SSL_SESSION_free(session);
      session = newer;
    } else {
      CHECK(p.client->version() == TLS1_2_VERSION); // a ticket of TLS 1.3 is used once, and the next one comes with it
    }
    return p.stream.is_resumed() ? "resumed " + p.stream.peer() : "full";
  }

  tls_client::wish wish;
  SSL_SESSION* session = nullptr;
};

} // namespace

TEST_CASE("a session is resumed by every context with the same ticket keys, and by no other") {
  certificate_files files;
  const auto keys = std::make_shared<ticket_keys>();
  const tls_options options{.certificates = {files.make("a", {"a"}), files.make("b", {"b", {"b.example.org"}})}};
  const auto first = load(options, keys);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const auto* name : {"", "b.example.org"}) {
      INFO(version << name);
      resumption again(first, {.server_name = name, .version = version});
      CHECK(again.with(first) == "resumed ");
      CHECK(again.with(load(options, keys)) == "resumed ");
      CHECK(again.with(load(options)) == "full");
    }
  }
}

TEST_CASE("RFC 6066 3: a session is resumed under the server name that it was begun with, and under no other or none") {
  certificate_files files;
  const auto keys = std::make_shared<ticket_keys>();
  const auto ca = files.make("ca", {"Test CA"});
  const tls_options options{.certificates = {files.make("a", {"a", {"a.test", "alias.test"}}), files.make("b", {"b", {"b.test"}})}};
  auto asking = options;
  asking.client_ca = ca.certificate;
  asking.client_certificates = tls_options::clients::optional;
  for (const auto& these : {options, asking}) {
    const auto context = load(these, keys);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      INFO(version);
      resumption of_a(context, {.server_name = "a.test", .version = version});
      CHECK(of_a.under(context, "b.test") == "full b");
      CHECK(of_a.under(context, "alias.test") == "full a");
      CHECK(of_a.under(context, "") == "full a");
      CHECK(of_a.under(context, "A.Test") == "resumed a");
      CHECK(of_a.under(load(these, keys), "a.test") == "resumed a");
      CHECK(of_a.under(load(these, keys), "b.test") == "full b");
      resumption of_nobody(context, {.version = version});
      CHECK(of_nobody.under(context, "a.test") == "full a");
      CHECK(of_nobody.under(context, "b.test") == "full b");
      CHECK(of_nobody.under(context, "") == "resumed a");
      // What came of a refused resumption is resumed as any other, under its own name.
      resumption of_b(context, {.server_name = "b.test", .version = version});
      CHECK(of_b.with(context) == "resumed ");
      CHECK(of_b.under(context, "b.test") == "resumed b");
      CHECK(of_b.under(context, "a.test") == "full a");
    }
  }
}

TEST_CASE("a session is not resumed once the client's certificate has ended") {
  certificate_files files;
  const auto ca = files.make("ca", {"Test CA"});
  const auto soon = files.make("soon", {.common_name = "soon", .issuer = "ca", .ends_in_s = 2});
  const auto context = load({.certificates = {files.make("server", {"server"})}, .client_ca = ca.certificate, .client_certificates = tls_options::clients::required});
  resumption by_1_2(context, {.version = TLS1_2_VERSION, .certificate = soon.certificate.string(), .key = soon.key.string()});
  resumption by_1_3(context, {.version = TLS1_3_VERSION, .certificate = soon.certificate.string(), .key = soon.key.string()});
  // The library reads the wall clock, and there is no other: the test waits for the end.
  while (std::time(nullptr) < std::chrono::system_clock::to_time_t(end_of(soon)) + 1) ::poll(nullptr, 0, 20);
  CHECK(by_1_2.with(context) == "refused");
  CHECK(by_1_3.with(context) == "refused");
}

TEST_CASE("a resumed session keeps its client's name, and ends with the CA that vouched for it") {
  certificate_files files;
  const auto keys = std::make_shared<ticket_keys>();
  const auto ca = files.make("ca", {"Test CA"});
  const auto other_ca = files.make("other", {"Other CA"});
  const auto client = files.make("client", {.common_name = "till", .issuer = "ca"});
  const auto server = files.make("server", {"server"});
  const tls_options options{.certificates = {server}, .client_ca = ca.certificate, .client_certificates = tls_options::clients::required};
  auto others = options;
  others.client_ca = other_ca.certificate;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO(version);
    const auto first = load(options, keys);
    resumption again(first, {.version = version, .certificate = client.certificate.string(), .key = client.key.string()});
    CHECK(again.with(first) == "resumed CN=till");
    CHECK(again.with(load(options, keys)) == "resumed CN=till");
    CHECK(again.with(load(others, keys)) == "refused");
  }
}
