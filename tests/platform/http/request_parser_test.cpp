// What tests/http_corpus does not say: limits that are set, and what is known of a request that is good. Numbers C-n are those of the catalogue of bad inputs.

#include "platform/http/request_parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace troupe::http;
using status = request_parser::status;

namespace {

struct outcome {
  request_parser::status status = status::need_more;
  std::uint16_t code = 0; ///< of a refusal
  std::size_t consumed = 0;
  std::string path, query, body;
  std::vector<std::string> fields; ///< "name=value"
  bool keep_alive = false, http_1_1 = false, expects_continue = false;
};

outcome outcome_of(request_parser& parser, request_parser::status s, std::size_t consumed) {
  outcome out;
  out.status = s;
  out.consumed = consumed;
  if (s == status::refused) {
    out.code = parser.why_refused().status;
    CHECK_FALSE(parser.why_refused().detail.empty());
  }
  if (s != status::complete) return out;
  const auto& r = parser.request();
  out.path = r.path;
  out.query = r.query;
  out.body = r.body;
  out.keep_alive = r.keep_alive;
  out.http_1_1 = r.http_1_1;
  out.expects_continue = r.expects_continue;
  for (const auto& f : r.fields) out.fields.push_back(std::string(f.name) + "=" + std::string(f.value));
  return out;
}

outcome parse(std::string_view text, const limits& bounds = {}) {
  request_parser parser(bounds);
  parser.reset();
  std::size_t consumed = 0;
  const auto s = parser.parse(text, consumed);
  return outcome_of(parser, s, consumed);
}

std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string with_field(std::string_view line) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n"; }
std::string post(std::string_view fields, std::string_view body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n" + std::string(body);
}
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked", body); }

} // namespace

TEST_CASE("a minimal request is parsed to its end and no further") {
  const auto text = get("/v1/stats/top?limit=3");
  const auto got = parse(text + "GET / HTTP/1.1\r\n");
  CHECK(got.status == status::complete);
  CHECK(got.consumed == text.size());
  CHECK(got.path == "/v1/stats/top");
  CHECK(got.query == "limit=3");
  CHECK(got.http_1_1);
  CHECK(got.keep_alive);
  CHECK(got.fields == std::vector<std::string>{"Host=a"});
}

TEST_CASE("each known method is named") {
  const std::vector<std::pair<std::string, method>> known{
      {"GET", method::get},     {"HEAD", method::head},  {"POST", method::post},       {"PUT", method::put},
      {"PATCH", method::patch}, {"DELETE", method::del}, {"OPTIONS", method::options}, {"TRACE", method::trace}};
  request_parser parser{limits{}};
  for (const auto& [text, expected] : known) {
    INFO(text);
    parser.reset();
    std::size_t consumed = 0;
    const auto bytes = text + " / HTTP/1.1\r\nHost: a\r\n\r\n";
    REQUIRE(parser.parse(bytes, consumed) == status::complete);
    CHECK(parser.request().method == expected);
    CHECK(parser.request().method_text == text);
    CHECK(parser.request().target == "/");
  }
}

TEST_CASE("what the client asked for about its connection is understood") {
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive == false);
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nconnection: CLOSE\r\n\r\n").keep_alive == false);
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").keep_alive == false);
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").http_1_1 == false);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST_CASE("C-36: the size of a head counts to its last byte") {
  limits bounds;
  bounds.head_bytes = 100;
  const auto head_of = [](std::size_t bytes) {
    const std::string around = with_field("A: ");
    return with_field("A: " + std::string(bytes - around.size(), 'a'));
  };
  CHECK(parse(head_of(100), bounds).status == status::complete);
  CHECK(parse(head_of(101), bounds).code == 431);
  CHECK(parse(head_of(200), bounds).code == 431);
}

TEST_CASE("C-38, RFC 9110 section 10.1.1: a client that waits for 100 is known, but not in HTTP/1.0") {
  CHECK(parse(post("Expect: 100-Continue\r\nContent-Length: 1", "1")).expects_continue);
  CHECK_FALSE(parse(post("Content-Length: 1", "1")).expects_continue);
  CHECK_FALSE(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n1").expects_continue);
}

TEST_CASE("C-49: a body over its limit is refused before it is read") {
  limits bounds;
  bounds.body_bytes = 10;
  CHECK(parse(post("Content-Length: 11", ""), bounds).code == 413);
  CHECK(parse(post("Content-Length: 10", "0123456789"), bounds).body == "0123456789");
  CHECK(parse(chunked("b\r\n"), bounds).code == 413);
  CHECK(parse(chunked("5\r\n12345\r\n6\r\n"), bounds).code == 413);
  CHECK(parse(chunked("5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n"), bounds).body == "1234567890");
  CHECK(parse(chunked("ffffffffffffffff\r\n"), bounds).code == 413);
}

