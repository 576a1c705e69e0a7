#include "platform/http/client_claims.hpp"

#include "platform/http/request_parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace troupe::http;

namespace {

const std::string_view claims[] = {"Forwarded",     "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-", "x-forwarded-user",
                                   "X-Real-IP",     "X-Client-IP",     "X-User",           "x-USER",            "X-Original-URL",   "X-Original-Host",
                                   "X-Rewrite-URL", "X-Request-Id",    "X-Correlation-ID", "X-Trace-Id",        "traceparent",      "TraceState",
                                   "baggage",       "b3",              "X-B3-TraceId",     "X-B3-Sampled",      "X-Cloud-Trace-Context", "X-Amzn-Trace-Id"};
const std::string_view others[] = {"Host",          "X",          "X-",       "X-Forward",  "X-Forwarded",   "X_Forwarded_For", "XX-Forwarded-For", "X-Users",   "X-User-Agent",
                                   "From",          "Forwarded-", "Forwar",   "TE",         "Trailer",       "Transfer-Encoding", "b",              "b33",       "B",
                                   "Authorization", "8-User",     "Cookie",   "User-Agent", "Upgrade",       "Via",             "Idempotency-Key",  "X-B3",      ""};

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
