// The short way of plain heads, held against the general one: where it says yes, both say the same.

#include "platform/http/plain_head.hpp"

#include "platform/http/request_parser.hpp"
#include "tests/platform/http/corpus.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <vector>

using namespace troupe::http;
using namespace troupe::http::test;

namespace {

// Of wrk, curl, a browser, a crawler, ab, and a client behind a proxy.
const std::vector<std::string> plain_heads{
    "GET /hello HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n",
    "GET /v1/products/85123A?fields=price&q=a+b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
    "GET /v1/products/caf%C3%A9 HTTP/1.1\r\nHost: shop.example.org\r\nConnection: keep-alive\r\nsec-ch-ua: \"Chromium\";v=\"124\"\r\nUpgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: de,en;q=0.9\r\nCookie: a=b; c=\td\r\nIf-None-Match: \"1\"\r\n\r\n",
    "HEAD / HTTP/1.1\r\nhost:[2001:db8::1]:443\r\nFrom: bot(at)example.org\r\nConnection: CLOSE\r\n\r\n",
    "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: localhost:8080\r\nUser-Agent: ApacheBench/2.3\r\nAccept: */*\r\n\r\n",
    "GET / HTTP/1.1\r\nX-Request-Id: 1\r\nHost: x\r\ntraceparent: 00-1-2-01\r\nAccept: */*\r\nX-User: root\r\nTE: trailers\r\n\r\n",
    "GET http://shop.example.org/a/./b HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n\r\n",
};

std::vector<std::tuple<std::string, std::string>> owned(std::span<const header_field> fields) {
  std::vector<std::tuple<std::string, std::string>> all;
  for (const auto& f : fields) all.emplace_back(f.name, f.value);
  return all;
}

std::size_t plain_bytes(std::string_view bytes, const limits& bounds = {}) {
  request message;
  std::vector<header_field> fields;
  std::string scratch;
  return take_plain_head(bytes, bounds, message, fields, scratch);
}

// Both parsers are given the same first bytes; whichever way they go, they come to the same. The bytes lie in memory of their own, so that a look beyond
// their end is found.
void check_same(std::string_view text, const limits& bounds = {}) {
  const std::vector<char> copy(text.begin(), text.end());
  const std::string_view bytes(copy.data(), copy.size());
  request_parser either(bounds), general(bounds, true);
  std::size_t consumed = 0, consumed_by_general = 0;
  const auto status = either.parse(bytes, consumed);
  REQUIRE(status == general.parse(bytes, consumed_by_general));
  REQUIRE(either.head_complete() == general.head_complete());
  if (status == request_parser::status::refused) {
    REQUIRE(either.why_refused().status == general.why_refused().status);
    REQUIRE(either.why_refused().detail == general.why_refused().detail);
  }
  if (status != request_parser::status::complete) return;
  REQUIRE(consumed == consumed_by_general);
  const auto& a = either.request();
  const auto& b = general.request();
  REQUIRE(std::tie(a.method, a.method_text, a.target, a.path, a.query, a.body, a.http_1_1, a.keep_alive, a.expects_continue) ==
          std::tie(b.method, b.method_text, b.target, b.path, b.query, b.body, b.http_1_1, b.keep_alive, b.expects_continue));
  REQUIRE(owned(a.fields) == owned(b.fields));
  REQUIRE(a.claims == b.claims);
}

void check_same_cut_anywhere(std::string_view bytes, const limits& bounds = {}) {
  const auto step = bytes.size() > 2000 ? bytes.size() / 500 : 1;
  for (std::size_t size = 1; size < bytes.size(); size += step) {
    INFO("the first " << size << " bytes");
    check_same(bytes.substr(0, size), bounds);
  }
  check_same(bytes, bounds);
}

} // namespace

TEST_CASE("what common clients send takes the short way, and both ways read the same") {
  for (const auto& head : plain_heads) {
    INFO(head);
    CHECK(plain_bytes(head) == head.size());
    CHECK(plain_bytes(head + "GET /next HTTP/1.1\r\n") == head.size());
    for (std::size_t size = 0; size < head.size(); ++size) REQUIRE(plain_bytes(std::string_view(head).substr(0, size)) == 0);
    check_same_cut_anywhere(head + head);
  }
}

TEST_CASE("what is not plain is left to the general parser") {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\n";
  REQUIRE(plain_bytes(begin + "\r\n") > 0);
  for (const auto* line : {"Content-Length: 0", "transfer-encoding: chunked", "Expect: 100-continue", "Proxy-Connection: close", "Connection: Upgrade",
                           "Connection: close, x", "Host: a", "X:", "X: ", "X: a ", "X: a\t", "X : a", ": a", "no colon", " folded", "\tfolded", "X: \xc3\xa9",
                           "X: a\x7f" "b", "X: a\x01" "b", "X: a\nY: b", "X: a\rY: b", "X\xc3: a"}) {
    INFO(line);
    CHECK(plain_bytes(begin + line + "\r\n\r\n") == 0);
    check_same_cut_anywhere(begin + line + "\r\n\r\n");
  }
  for (const auto* line : {"POST / HTTP/1.1", "get / HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET /", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / http/1.1",
                           "GET * HTTP/1.1", "GET a HTTP/1.1", "GET /\" HTTP/1.1", "GET /%2f HTTP/1.1", "GET /? [ HTTP/1.1", "GETX / HTTP/1.1", "GET / HTTP/1.1 "}) {
    INFO(line);
    CHECK(plain_bytes(std::string(line) + "\r\nHost: a\r\n\r\n") == 0);
    check_same_cut_anywhere(std::string(line) + "\r\nHost: a\r\n\r\n");
  }
  CHECK(plain_bytes("GET / HTTP/1.1\r\n\r\n") == 0);
  CHECK(plain_bytes("GET / HTTP/1.1\nHost: a\n\n") == 0);
  CHECK(plain_bytes("\r\n" + begin + "\r\n") == 0);
}

TEST_CASE("no limit is exceeded on the short way") {
  const std::string head = "HEAD /1234 HTTP/1.1\r\nHost: a\r\nName: value\r\n\r\n";
  const limits exact{.request_line_bytes = 19, .method_bytes = 4, .head_bytes = head.size(), .fields = 2, .field_name_bytes = 4, .field_value_bytes = 5};
  CHECK(plain_bytes(head, exact) == head.size());
  for (const auto member : {&limits::request_line_bytes, &limits::method_bytes, &limits::head_bytes, &limits::fields, &limits::field_name_bytes, &limits::field_value_bytes}) {
    auto less = exact;
    --(less.*member);
    CHECK(plain_bytes(head, less) == 0);
    check_same_cut_anywhere(head, less);
  }
}

TEST_CASE("the corpus is read the same both ways, cut anywhere") {
  for (const auto& file : std::filesystem::directory_iterator(TROUPE_CORPUS)) {
    if (file.path().extension() != ".corpus") continue;
    for (const auto& c : load_corpus(file.path())) {
      INFO(c.title);
      check_same_cut_anywhere(c.bytes);
    }
  }
}

TEST_CASE("a plain head with bytes changed, lost or doubled is read the same both ways") {
  std::minstd_rand random(20261125);
  const std::string_view telling("\r\n\t\0 :,/%.?#*AZaz09-\x7f\x80\xff", 24);
  for (const auto& head : plain_heads) {
    for (int round = 0; round < 4000; ++round) {
      auto bytes = head;
      for (auto changes = 1 + random() % 3; changes > 0; --changes) {
        const auto at = random() % bytes.size();
        const auto byte = telling[random() % telling.size()];
        switch (random() % 3) {
        case 0: bytes[at] = byte; break;
        case 1: bytes.insert(at, 1, byte); break;
        default: bytes.erase(at, 1); break;
        }
      }
      INFO(bytes);
      check_same(bytes);
    }
  }
}
