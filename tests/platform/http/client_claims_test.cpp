#include "platform/http/client_claims.hpp"

#include "platform/http/request_parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace troupe::http;

namespace {

const std::string_view claims[] = {
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-", "x-forwarded-user",
    "X-Real-IP", "X-Client-IP", "X-User", "x-USER", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-Request-Id",
    "X-Correlation-ID", "X-Trace-Id", "traceparent", "TraceState", "baggage", "b3", "X-B3-TraceId", "X-B3-Sampled", "X-Cloud-Trace-Context",
    "X-Amzn-Trace-Id",
    // who the client is
    "X-User-Id", "X-UserID", "X-User-Name", "X-User-Email", "X-User-Roles", "X-Username", "X-Userinfo", "X-Email", "X-Groups",
    "X-Auth-Request-User", "x-auth-request-email", "X-Auth-Request-Access-Token", "X-Authenticated-Userid", "X-Authentik-Username",
    "X-WEBAUTH-USER", "X-Vouch-User", "X-Pomerium-Claim-Email", "X-Remote-User", "X-Remote-Group", "X-Remote-Extra-Scopes",
    "X-Consumer-Username", "X-Credential-Identifier", "X-Anonymous-Consumer", "X-Goog-Authenticated-User-Email", "X-Goog-IAP-JWT-Assertion",
    "X-Amzn-Oidc-Identity", "X-MS-CLIENT-PRINCIPAL", "X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-TOKEN-AAD-ID-TOKEN", "Remote-User",
    "REMOTE-Groups", "Tailscale-User-Login", "Cf-Access-Authenticated-User-Email",
    // where it is
    "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-IPCountry", "Fastly-Client-IP", "Fly-Client-IP", "DO-Connecting-IP",
    "Incap-Client-IP", "Client-IP", "Proxy-Client-IP", "WL-Proxy-Client-IP", "CloudFront-Viewer-Address", "X-Cluster-Client-IP",
    "X-ProxyUser-IP", "X-Originating-IP", "X-Remote-Addr", "X-Appengine-User-IP", "X-Envoy-External-Address", "X-Azure-ClientIP",
    "X-Vercel-Forwarded-For", "X-NF-Client-Connection-IP", "X-Forwarded", "Forwarded-For", "X-Akamai-Edgescape",
    // its certificate, and how it came
    "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "X-Client-Cert-Chain", "X-Client-Verify", "X-Client-DN", "X-SSL-Client-Verify",
    "X-SSL-Client-DN", "X-SSL-Cert", "X-SSL", "SSL-Client-Cert", "ssl-client-subject-dn", "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert", "X-Amzn-Mtls-Clientcert", "X-ARR-ClientCert", "Front-End-Https", "X-Scheme", "X-Url-Scheme",
    "X-Real-Port",
    // what it asked
    "X-Original-Method", "X-Envoy-Original-Path", "X-Replaced-Path", "X-WAWS-Unencoded-URL"};
const std::string_view others[] = {
    "Host", "X", "X-", "X-Forward", "X_Forwarded_For", "XX-Forwarded-For", "X-Users", "X-User-Agent", "From", "Forwarded-", "Forwar", "TE",
    "Trailer", "Transfer-Encoding", "b", "b33", "B", "Authorization", "8-User", "Cookie", "User-Agent", "Upgrade", "Via", "Idempotency-Key",
    "X-B3", "", "X-Userx", "X-Emails", "X-Auth-Token", "X-Auth-User", "X-Client-Version", "X-Client-Data", "X-Client",
    "X-Requested-With", "X-Request", "X-MS-Version", "X-MS-Client-Request-Id", "X-Goog-Api-Key", "X-Amz-Date", "X-API-Key", "X-CSRF-Token",
    "X-Http-Method-Override", "X-Remote", "Remote", "Connection", "Content-Type", "Content-Length", "Cache-Control", "Client-Certs",
    "Client", "CF", "CFx-Ray", "If-None-Match", "If-Match", "Incap-Client-IPs", "Referer", "Range", "Priority", "Pragma",
    "Proxy-Authorization", "Sec-Fetch-Site", "Sec-WebSocket-Key", "SSL-Client", "Date", "DNT", "Want-Digest", "Warning", "True-Client-IPs",
    "Fast-Client-IP", "x", "c", "x-\x0f", "X--", "X-@", "X-_"};

} // namespace

TEST_CASE("C-42: a name is a claim whatever the case of its letters, and nothing like it is") {
  for (const auto name : claims) {
    INFO(name);
    CHECK(is_claim(name));
  }
  for (const auto name : others) {
    INFO(name);
    CHECK_FALSE(is_claim(name));
  }
}

TEST_CASE("C-42: claims stand behind all other fields, each in the order of the head, and can be dropped") {
  const bool by_library = GENERATE(false, true);
  CAPTURE(by_library);
  const std::string head = "GET / HTTP/1.1\r\nX-User: root\r\nHost: a\r\nA: 1\r\nX-Forwarded-For: 192.0.2.1\r\nB: 2\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n";
  request_parser parser(limits{}, by_library);
  std::size_t consumed = 0;
  REQUIRE(parser.parse(head, consumed) == request_parser::status::complete);
  REQUIRE(consumed == head.size());
  auto& request = parser.request();
  std::string seen;
  for (const auto& f : request.fields) seen.append(f.name).append("=").append(f.value).append(" ");
  CHECK(seen == "Host=a A=1 B=2 X-User=root X-Forwarded-For=192.0.2.1 X-Forwarded-For=192.0.2.2 ");
  CHECK(request.claims == 3);
  CHECK(request.field("X-User") == "root");

  request.drop_claims();
  CHECK(request.fields.size() == 3);
  CHECK(request.claims == 0);
  CHECK_FALSE(request.field("X-User"));
  CHECK_FALSE(request.field("X-Forwarded-For"));
  CHECK(request.field("B") == "2");
  request.drop_claims();
  CHECK(request.fields.size() == 3);
}

TEST_CASE("C-36, C-42: claims count towards the limits, wherever they stand") {
  const bool by_library = GENERATE(false, true);
  const std::string head = "GET / HTTP/1.1\r\nX-User: root\r\nHost: a\r\nb3: 1\r\n\r\n";
  std::size_t consumed = 0;
  limits exact{.head_bytes = head.size(), .fields = 3};
  CHECK(request_parser(exact, by_library).parse(head, consumed) == request_parser::status::complete);
  --exact.fields;
  CHECK(request_parser(exact, by_library).parse(head, consumed) == request_parser::status::refused);
  ++exact.fields;
  --exact.head_bytes;
  CHECK(request_parser(exact, by_library).parse(head, consumed) == request_parser::status::refused);
}
