#include "platform/app/certificates.hpp"

#include "tests/platform/net/certificate_files.hpp"
#include "tests/support/without_descriptors.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::app::certificates;
using troupe::app::check_certificates;
using troupe::app::options;
using troupe::net::tls_options;
using troupe::net::test::certificate_files;
using troupe::test::without_descriptors;
using Catch::Contains;

namespace {

std::string error_of(const options& o) {
  const auto checked = check_certificates(o);
  troupe::metrics::registry registry;
  CHECK(certificates::open(o, registry).has_error() == checked.has_error()); // a start fails where the check does
  return checked ? "" : checked.error().detail;
}

std::string metric(const troupe::metrics::registry& registry, const std::string& line) {
  const auto all = registry.expose();
  const auto at = all.find(line + " ");
  return at == std::string::npos ? "none" : all.substr(at + line.size() + 1, all.find('\n', at) - at - line.size() - 1);
}

} // namespace

TEST_CASE("without certificates there is no TLS, and what needs them is refused") {
  options o;
  CHECK(error_of(o).empty());
  troupe::metrics::registry registry;
  CHECK(*certificates::open(o, registry) == nullptr);
  o.admin_tls = true;
  CHECK_THAT(error_of(o), Contains("tls.admin") && Contains("tls.certificates"));
  o.admin_tls = false;
  o.tls.client_certificates = tls_options::clients::required;
  CHECK_THAT(error_of(o), Contains("tls.client_certificates") && Contains("tls.certificates"));
}

TEST_CASE("TLS settings that cannot work are refused with the setting or the file") {
  certificate_files files;
  options o;
  o.tls.certificates = {files.make("a", {"a"})};
  CHECK(error_of(o).empty());
  o.tls.client_ca = files.make("ca", {"ca"}).certificate;
  CHECK_THAT(error_of(o), Contains("tls.client_ca") && Contains("optional or required"));
  o.tls.client_certificates = tls_options::clients::optional;
  CHECK(error_of(o).empty());
  o.tls.client_ca.clear();
  CHECK_THAT(error_of(o), Contains("tls.client_ca"));
  o.tls.certificates.push_back(files.named("missing"));
  o.tls.client_certificates = tls_options::clients::off;
  CHECK_THAT(error_of(o), Contains("missing.pem"));
}

TEST_CASE("certificates are replaced when their files change, kept when the new are bad, and both are counted") {
  certificate_files files;
  options o;
  o.tls.certificates = {files.make("a", {"a"})};
  troupe::metrics::registry registry;
  const auto opened = certificates::open(o, registry);
  REQUIRE(opened.has_value());
  auto& held = **opened;
  const auto left = "troupe_tls_certificate_seconds_left{file=\"" + o.tls.certificates[0].certificate.string() + "\"}";
  CHECK(std::stod(metric(registry, left)) == Approx(3600).margin(100));
  const auto first = held.source().current();
  held.reload_if_needed();
  CHECK(held.source().current() == first);
  files.make("a", {.common_name = "a", .ends_in_s = 50'000});
  held.reload_if_needed();
  CHECK(held.source().current() != first);
  CHECK(std::stod(metric(registry, left)) == Approx(50'000).margin(100));
  const auto second = held.source().current();
  files.write("a.key", "rubbish");
  held.reload_if_needed();
  held.reload_if_needed();
  CHECK(held.source().current() == second);
  CHECK(metric(registry, "troupe_tls_reloads_total{outcome=\"replaced\"}") == "1");
  CHECK(metric(registry, "troupe_tls_reloads_total{outcome=\"kept_old\"}") == "1");
  held.reload(); // asked for: tried though nothing has changed
  CHECK(metric(registry, "troupe_tls_reloads_total{outcome=\"kept_old\"}") == "2");
}

TEST_CASE("certificates that cannot be read are tried at each look, and a reason that lasts is said once") {
  certificate_files files;
  options o;
  o.tls.certificates = {files.make("a", {"a"})};
  troupe::metrics::registry registry;
  const auto opened = certificates::open(o, registry);
  REQUIRE(opened.has_value());
  auto& held = **opened;
  const auto first = held.source().current();
  const auto kept = [&] { return metric(registry, "troupe_tls_reloads_total{outcome=\"kept_old\"}"); };
  const auto look_in_vain = [&] {
    without_descriptors([&] { held.reload_if_needed(); });
  };
  files.make("a", {"a"});
  for (int i = 0; i < 3; ++i) look_in_vain();
  CHECK(kept() == "1");
  without_descriptors([&] { held.reload(); }); // asked for: the reason is said again
  CHECK(kept() == "2");
  CHECK(held.source().current() == first);
  held.reload_if_needed();
  CHECK(held.source().current() != first);
  CHECK(metric(registry, "troupe_tls_reloads_total{outcome=\"replaced\"}") == "1");
  // The same reason after a success is another failure.
  files.make("a", {"a"});
  look_in_vain();
  CHECK(kept() == "3");
}
