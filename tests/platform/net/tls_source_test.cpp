#include "platform/net/tls_source.hpp"

#include "tests/platform/net/certificate_files.hpp"
#include "tests/platform/net/tls_pair.hpp"
#include "tests/support/without_descriptors.hpp"

#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace troupe::net;
using namespace troupe::net::test;
using troupe::test::without_descriptors;

namespace {

std::unique_ptr<tls_source> open(const tls_options& options) {
  auto opened = tls_source::open(options);
  if (!opened) FAIL(opened.error().detail);
  return std::move(*opened);
}

std::string shown(const tls_source& source) {
  tls_pair p(source.current());
  REQUIRE(p.shake_hands() == tls_stream::outcome::data);
  return p.client->server_common_name();
}

} // namespace

TEST_CASE("a source that cannot load at first does not open") {
  certificate_files files;
  CHECK_FALSE(tls_source::open({.certificates = {files.named("missing")}}).has_value());
}

TEST_CASE("a reload gives new sessions the new certificate, and sessions that exist go on with the old") {
  certificate_files files;
  const auto source = open({.certificates = {files.make("a", {"old"})}});
  CHECK_FALSE(source->needs_reload());
  tls_pair before(source->current());
  REQUIRE(before.shake_hands() == tls_stream::outcome::data);
  files.make("a", {"new"});
  CHECK(source->needs_reload());
  CHECK(shown(*source) == "old");
  REQUIRE(source->reload().has_value());
  CHECK_FALSE(source->needs_reload());
  CHECK(shown(*source) == "new");
  CHECK(before.client->write("still here") == 10);
  char buffer[64];
  const auto got = before.stream.read(buffer);
  CHECK(std::string(buffer, got.bytes) == "still here");
}

TEST_CASE("a bad new certificate leaves the old in use, and is tried again only when it changes") {
  certificate_files files;
  const auto pair = files.make("a", {"old"});
  const auto source = open({.certificates = {pair}});
  files.write("a.pem", "rubbish");
  CHECK(source->needs_reload());
  const auto failed = source->reload();
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().detail, Catch::Contains("a.pem"));
  CHECK_FALSE(source->needs_reload());
  CHECK(shown(*source) == "old");
  // The certificate first, its key a moment later: between the two they do not match.
  const auto next = files.make("next", {"new"});
  std::filesystem::rename(next.certificate, pair.certificate);
  CHECK(source->needs_reload());
  CHECK(source->reload().has_error());
  CHECK(shown(*source) == "old");
  std::filesystem::rename(next.key, pair.key);
  CHECK(source->needs_reload());
  REQUIRE(source->reload().has_value());
  CHECK(shown(*source) == "new");
}

TEST_CASE("files that could not be read for want of descriptors are read again though they have not changed") {
  certificate_files files;
  const auto ca = files.make("ca", {"Test CA"});
  const auto pair = files.make("a", {"old"});
  for (const auto mode : {tls_options::clients::off, tls_options::clients::optional}) {
    const bool asks = mode != tls_options::clients::off;
    files.make("a", {"old"});
    const auto source = open({.certificates = {pair}, .client_ca = asks ? ca.certificate : "", .client_certificates = mode});
    files.make("a", {"new"});
    const auto failed = without_descriptors([&] { return source->reload(); });
    REQUIRE(failed.has_error());
    CHECK(failed.error().code == troupe::base::errc::unavailable);
    CHECK_THAT(failed.error().detail, Catch::Contains(asks ? "client CA file" : "certificate file") && Catch::Contains(asks ? "ca.pem" : "a.pem") &&
                                          Catch::Contains("Too many open files") && Catch::Contains("raise the limit of open files"));
    CHECK(shown(*source) == "old");
    CHECK(source->needs_reload());
    REQUIRE(source->reload().has_value());
    CHECK(shown(*source) == "new");
    CHECK_FALSE(source->needs_reload());
  }
}

TEST_CASE("a file that was read and is bad is not read again after one that could not be read") {
  certificate_files files;
  const auto source = open({.certificates = {files.make("a", {"old"})}});
  files.write("a.pem", "rubbish");
  CHECK(without_descriptors([&] { return source->reload(); }).has_error());
  CHECK(source->needs_reload());
  const auto failed = source->reload();
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == troupe::base::errc::invalid_argument);
  CHECK_FALSE(source->needs_reload());
}

TEST_CASE("a link that points elsewhere is a change, as Kubernetes replaces mounted secrets") {
  certificate_files files;
  const auto link = [&](const std::string& version) {
    std::filesystem::create_directory(files.directory() / version);
    const auto made = files.make(version + "/tls", {version});
    std::filesystem::create_directory_symlink(version, files.directory() / "..tmp");
    std::filesystem::rename(files.directory() / "..tmp", files.directory() / "..data");
    return made;
  };
  link("one");
  const auto source = open({.certificates = {{files.directory() / "..data/tls.pem", files.directory() / "..data/tls.key"}}});
  CHECK(shown(*source) == "one");
  CHECK_FALSE(source->needs_reload());
  link("two");
  CHECK(source->needs_reload());
  REQUIRE(source->reload().has_value());
  CHECK(shown(*source) == "two");
}

TEST_CASE("a client resumes across a reload of the certificate") {
  certificate_files files;
  const auto source = open({.certificates = {files.make("a", {"old"})}});
  SSL_SESSION* session = nullptr;
  {
    tls_pair p(source->current());
    REQUIRE(p.shake_hands() == tls_stream::outcome::data);
    static_cast<void>(p.client->read());
    session = p.client->take_session();
    REQUIRE(session);
  }
  files.make("a", {"new"});
  REQUIRE(source->reload().has_value());
  tls_pair p(source->current(), {.resume = session});
  REQUIRE(p.shake_hands() == tls_stream::outcome::data);
  CHECK(p.stream.is_resumed());
  ::SSL_SESSION_free(session);
}
