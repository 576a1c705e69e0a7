// Numbers C-n are those of the catalogue of bad inputs.

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

struct refused_case {
  const char* name;
  std::string text;
  std::uint16_t code;
};

void check_all(const std::vector<refused_case>& cases) {
  for (const auto& c : cases) {
    INFO(c.name);
    const auto got = parse(c.text);
    CHECK(got.status == status::refused);
    CHECK(got.code == c.code);
  }
}

std::string nul() { return std::string(1, '\0'); }

std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string with_field(std::string_view line) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n"; }
std::string with_host(std::string_view host) { return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"; }
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

TEST_CASE("C-2 to C-14: a request line that is none is refused") {
  check_all({
      {"C-2 a response", "HTTP/1.1 200 OK\r\n\r\n", 400},
      {"C-3 empty method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-3 NUL in the method", "G" + nul() + "T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-3 control character in the method", "G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-3 bracket in the method", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-3 colon in the method", "GET: / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-4 method of 33 bytes", std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"C-5 unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"C-5 methods have one case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"C-6 TAB after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-6 TAB after the target", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-6 two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-6 two spaces after the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-6 LF as separator", "GET\n/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-7 no version", "GET /\r\n\r\n", 400},
      {"C-7 empty version", "GET / \r\n\r\n", 400},
      {"C-7 torn version", "GET / HTTP/1.\r\n\r\n", 400},
      {"C-8 HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"C-8 HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"C-8 HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"C-8 HTTP/10.0", "GET / HTTP/10.0\r\nHost: a\r\n\r\n", 505},
      {"C-8 HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", 505},
      {"C-9 lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"C-9 space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"C-10 request line of 8001 bytes", get("/" + std::string(7987, 'a')), 414},
      {"C-10 request line over the limit of the head", get("/" + std::string(20'000, 'a')), 414},
      {"C-11 CR alone", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"C-11 LF alone", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"C-11 NUL as line end", "GET / HTTP/1.1" + nul() + "Host: a\r\n\r\n", 400},
      {"C-12 TLS ClientHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n", 400},
      {"C-12 SSH banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
      {"C-13 HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"C-14 zeros", std::string(1000, '\0') + "\r\n\r\n", 400},
      {"C-21 CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
  });
}

TEST_CASE("C-4, C-10: a method of 32 and a request line of 8000 bytes are within the limits") {
  CHECK(parse(std::string(32, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n").code == 501); // unknown, not too long
  CHECK(parse(get("/" + std::string(7985, 'a'))).status == status::complete);
  CHECK(parse(get("/" + std::string(7986, 'a'))).status == status::complete); // 8000
  CHECK(parse(get("/" + std::string(7987, 'a'))).code == 414);
}

TEST_CASE("C-15 to C-22: a target outside the grammar is refused") {
  check_all({
      {"C-15 fragment", get("/a#b"), 400},
      {"C-15 fragment of an absolute target", get("http://a#b"), 400},
      {"C-16 no leading slash", get("a"), 400},
      {"C-16 parent directory", get("../etc"), 400},
      {"C-17 encoded NUL", get("/a%00"), 400},
      {"C-17 encoded slash", get("/a%2fb"), 400},
      {"C-17 encoded backslash", get("/a%5Cb"), 400},
      {"C-17 overlong UTF-8", get("/%c0%af"), 400},
      {"C-17 backslash", get("/a\\b"), 400},
      {"C-18 bad escape", get("/%zz"), 400},
      {"C-18 escape at the end", get("/%"), 400},
      {"C-18 bad escape in the query", get("/?a=%4"), 400},
      {"C-19 raw byte above 0x7f", get("/\xc3\xa9"), 400},
      {"C-19 quote", get("/\"a\""), 400},
      {"C-19 angle bracket", get("/<a>"), 400},
      {"C-19 space", get("/a b"), 400},
      {"C-20 userinfo", get("http://user@host/"), 400},
      {"C-21 authority form", get("a:80"), 400},
      {"C-21 star without OPTIONS", get("*"), 400},
      {"C-22 port 0", get("http://a:0/"), 400},
      {"C-22 port 65536", get("http://a:65536/"), 400},
      {"C-22 NUL in the port", get("http://a:8" + nul() + "0/"), 400},
  });
}

TEST_CASE("C-16, C-17, C-20, C-21: one normalised path is what routing sees") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"//host/x", "//host/x"},     {"/%2e%2e/etc", "/etc"},           {"/a/../../b", "/b"},
      {"/%252e", "/%2e"},           {"http://other/x?y", "/x"},        {"/caf%C3%A9", "/caf\xC3\xA9"},
      {"http://other:8080", "/"},
  };
  for (const auto& [target, path] : cases) {
    INFO(target);
    const auto got = parse(get(target));
    CHECK(got.status == status::complete);
    CHECK(got.path == path);
  }
  CHECK(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path == "*");
}

TEST_CASE("C-23: a query of thousands of parameters is a view and costs nothing") {
  std::string query;
  while (query.size() < 7000) query += "a=1&";
  CHECK(parse(get("/?" + query)).query == query);
}

TEST_CASE("C-24: HTTP/1.1 needs exactly one Host, and it is a host") {
  check_all({
      {"missing", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two", with_field("Host: a"), 400},
      {"two, another case", with_field("hOST: b"), 400},
      {"list", with_host("a, b"), 400},
      {"list without space", with_host("a,b"), 400},
      {"path", with_host("a/b"), 400},
      {"userinfo", with_host("u@a"), 400},
      {"NUL", with_host("a" + nul()), 400},
      {"C-22 port 0", with_host("a:0"), 400},
      {"C-22 port 65536", with_host("a:65536"), 400},
      {"port of letters", with_host("a:http"), 400},
      {"byte above 0x7f", with_host("\xc3\xa9"), 400},
      {"unclosed bracket", with_host("[::1"), 400},
      {"port only", with_host(":80"), 400},
  });
  for (const auto* host : {"", "a", "a.example:8080", "127.0.0.1", "[::1]", "[::1]:8080", "a:", "my_host"}) {
    INFO(host);
    CHECK(parse(with_host(host)).status == status::complete);
  }
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").status == status::complete);
}

TEST_CASE("C-25 to C-30: whatever could make two readers see two ends is refused") {
  check_all({
      {"C-25 length, then coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
      {"C-25 coding, then length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), 400},
      {"C-25 other case", post("transfer-ENCODING: chunked\r\ncontent-LENGTH: 5", "0\r\n\r\n"), 400},
      {"C-25 gzip, then length", post("Transfer-Encoding: gzip\r\nContent-Length: 5", "12345"), 400},
      {"C-26 different", post("Content-Length: 5\r\nContent-Length: 6", "123456"), 400},
      {"C-26 equal", post("Content-Length: 5\r\nContent-Length: 5", "12345"), 400},
      {"C-26 list", post("Content-Length: 5, 5", "12345"), 400},
      {"C-27 plus", post("Content-Length: +5", "12345"), 400},
      {"C-27 minus", post("Content-Length: -1", "12345"), 400},
      {"C-27 hexadecimal", post("Content-Length: 0x5", "12345"), 400},
      {"C-27 underscore", post("Content-Length: 5_0", "12345"), 400},
      {"C-27 space", post("Content-Length:  ", "12345"), 400},
      {"C-27 empty", post("Content-Length:", "12345"), 400},
      {"C-27 inner space", post("Content-Length: 5 5", "12345"), 400},
      {"C-27 2^64", post("Content-Length: 18446744073709551616", ""), 400},
      {"C-27 2^63 is a number, and too large", post("Content-Length: 9223372036854775808", ""), 413},
      {"C-27 overlong zeros", post("Content-Length: 00000000000000000005", "12345"), 400},
      {"C-28 chunked, gzip", post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"), 400},
      {"C-28 gzip, chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 400},
      {"C-28 gzip", post("Transfer-Encoding: gzip", "0\r\n\r\n"), 501},
      {"C-28 identity", post("Transfer-Encoding: identity", "0\r\n\r\n"), 501},
      {"C-28 xchunked", post("Transfer-Encoding: xchunked", "0\r\n\r\n"), 501},
      {"C-28 chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), 400},
      {"C-28 two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
      {"C-28 two lines, two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"), 400},
      {"C-28 empty", post("Transfer-Encoding:", "0\r\n\r\n"), 400},
      {"C-29 VT before", post("Transfer-Encoding: \x0b" "chunked", "0\r\n\r\n"), 400},
      {"C-29 FF after", post("Transfer-Encoding: chunked\x0c", "0\r\n\r\n"), 400},
      {"C-29 0xA0 after", post("Transfer-Encoding: chunked\xa0", "0\r\n\r\n"), 400},
      {"C-29 0xA0 before", post("Transfer-Encoding: \xa0" "chunked", "0\r\n\r\n"), 400},
      {"C-29 quotes", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), 400},
      {"C-29 CR", post("Transfer-Encoding: chunked\r", "0\r\n\r\n"), 400},
      {"C-29 inner tab", post("Transfer-Encoding: chun\tked", "0\r\n\r\n"), 400},
      {"C-29 parameter", post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n"), 400},
      {"C-29 folded", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), 400},
      {"C-30 coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
  });
  CHECK(parse(post("Content-Length: 05", "12345")).body == "12345");
  CHECK(parse(post("TRANSFER-encoding: CHUNKED", "0\r\n\r\n")).status == status::complete);
}

TEST_CASE("C-31 to C-35: a malformed field section is refused") {
  check_all({
      {"C-31 space before the colon", with_field("X : a"), 400},
      {"C-31 leading space on the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"C-32 folded value", with_field("X: a\r\n b"), 400},
      {"C-32 folded with tab", with_field("X: a\r\n\tb"), 400},
      {"C-32 folded empty value", with_field("X:\r\n b"), 400},
      {"C-32 folded to nothing", with_field("X:\r\n \r\nY: 1"), 400},
      {"C-32 folded to nothing at the end", with_field("X:\r\n "), 400},
      {"C-33 no colon", with_field("X"), 400},
      {"C-33 empty name", with_field(": a"), 400},
      {"C-33 name that is no token", with_field("X(y): a"), 400},
      {"C-33 8-bit name", with_field("X\xe9: a"), 400},
      {"C-34 NUL in a value", with_field("X: a" + nul() + "b"), 400},
      {"C-34 CR in a value", with_field("X: a\rb"), 400},
      {"C-34 LF in a value", with_field("X: a\nb"), 400},
      {"C-34 BEL in a value", with_field("X: a\x07"), 400},
      {"C-34 DEL in a value", with_field("X: a\x7f"), 400},
      {"C-35 bare LF before the end", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"C-35 two LF", "GET / HTTP/1.1\r\nHost: a\n\n", 400},
      {"C-35 CR and something", "GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
  });
  CHECK(parse(with_field("X: \t a b \t")).fields.back() == "X=a b");
  CHECK(parse(with_field("X:")).fields.back() == "X=");
  CHECK(parse(with_field("X: caf\xc3\xa9 \xff")).fields.back() == "X=caf\xc3\xa9 \xff"); // obs-text as it came
}

TEST_CASE("C-36: fields, their parts and the head have limits") {
  std::string hundred_and_one, hundred, large;
  for (int i = 0; i < 100; ++i) hundred_and_one += "A: 1\r\n";
  for (int i = 0; i < 99; ++i) hundred += "A: 1\r\n";
  for (int i = 0; i < 5; ++i) large += "A: " + std::string(4000, 'a') + "\r\n";
  const auto fields = [](std::string lines) { return with_field(lines.substr(0, lines.size() - 2)); };
  check_all({
      {"name of 65 bytes", with_field(std::string(65, 'a') + ": 1"), 431},
      {"value of 4097 bytes", with_field("A: " + std::string(4097, 'a')), 431},
      {"101 fields", fields(hundred_and_one), 431},
      {"head over 16 KiB", fields(large), 431},
  });
  CHECK(parse(with_field(std::string(64, 'a') + ": 1")).status == status::complete);
  CHECK(parse(with_field("A: " + std::string(4096, 'a'))).status == status::complete);
  CHECK(parse(fields(hundred)).status == status::complete);

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

TEST_CASE("C-37: names with underscores are never taken for the dashed ones") {
  const auto got = parse(post("Content_Length: 5\r\nTransfer_Encoding: chunked", "12345"));
  CHECK(got.status == status::complete);
  CHECK(got.body.empty());
}

TEST_CASE("C-38 to C-40: expectations and hop-by-hop fields") {
  check_all({
      {"C-38 two", post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1", "1"), 417},
      {"C-38 unknown", with_field("Expect: 200-ok"), 417},
      {"C-38 too large a body", post("Expect: 100-continue\r\nContent-Length: 1048577", ""), 413},
  });
  CHECK(parse(post("Expect: 100-Continue\r\nContent-Length: 1", "1")).expects_continue);
  CHECK_FALSE(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n1").expects_continue);
  const auto listed = parse(with_field("Connection: close, x"));
  CHECK_FALSE(listed.keep_alive);
  const auto stripped = parse(with_field("Connection: Host"));
  CHECK(stripped.status == status::complete);
  CHECK(stripped.fields == std::vector<std::string>{"Host=a", "Connection=Host"});
  const auto upgrade = parse(with_field("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM"));
  CHECK(upgrade.status == status::complete);
  CHECK(upgrade.keep_alive);
}

TEST_CASE("C-43 to C-46: a chunked body that is framed in any other way is refused") {
  const std::string flood = "1;" + std::string(8192, 'e');
  check_all({
      {"C-43 0x", chunked("0x5\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 plus", chunked("+5\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 minus", chunked("-1\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 space after", chunked("5 \r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 space before", chunked(" 5\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 underscore", chunked("_\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 empty", chunked("\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-43 17 digits", chunked("10000000000000005\r\n12345\r\n0\r\n\r\n"), 400},
      {"C-44 long extension", chunked("1;" + std::string(257, 'e') + "\r\na\r\n0\r\n\r\n"), 400},
      {"C-44 long extension of the last chunk", chunked("0;" + std::string(257, 'e') + "\r\n\r\n"), 400},
      {"C-44 extension flood", chunked(flood + "\r\na\r\n0\r\n\r\n"), 400},
      {"C-44 flood that never ends", chunked(flood), 400},
      {"C-45 bare LF in an extension", chunked("1;a\n\r\na\r\n0\r\n\r\n"), 400},
      {"C-45 bare LF in a quoted extension", chunked("1;a=\"\n\"\r\na\r\n0\r\n\r\n"), 400},
      {"C-45 bare CR in a quoted extension", chunked("1;a=\"\r\"\r\na\r\n0\r\n\r\n"), 400},
      {"C-45 unclosed quote", chunked("1;a=\"\r\na\r\n0\r\n\r\n"), 400},
      {"C-45 unclosed quote in the last chunk", chunked("0;a=\"\r\n\r\n"), 400},
      {"C-45 bare LF as line end", chunked("1\na\r\n0\r\n\r\n"), 400},
      {"C-46 more data than its size", chunked("1\r\nab\r\n0\r\n\r\n"), 400},
      {"C-46 LF after the data", chunked("1\r\na\n0\r\n\r\n"), 400},
      {"C-46 no line end after the data", chunked("1\r\na0\r\n\r\n"), 400},
  });
  CHECK(parse(chunked("A;x=\"y z\"\r\n0123456789\r\n0;last\r\n\r\n")).body == "0123456789");
  CHECK(parse(chunked("00000a\r\n0123456789\r\n000\r\n\r\n")).body == "0123456789");
}

TEST_CASE("C-47, C-51: a body without its end is waited for") {
  CHECK(parse(chunked("1\r\na\r\n0\r\n")).status == status::need_more);
  CHECK(parse(chunked("1\r\na\r\n")).status == status::need_more);
  CHECK(parse(chunked("")).status == status::need_more);
  CHECK(parse(post("Content-Length: 5", "1234")).status == status::need_more);
}

TEST_CASE("C-48: trailer fields never reach the request") {
  for (const auto* name : {"Host", "Authorization", "Idempotency-Key", "X-Forwarded-For", "Cookie"}) {
    INFO(name);
    const auto text = chunked("1\r\na\r\n0\r\n" + std::string(name) + ": evil\r\n\r\n");
    const auto got = parse(text);
    CHECK(got.status == status::complete);
    CHECK(got.consumed == text.size());
    CHECK(got.fields == std::vector<std::string>{"Host=a", "Transfer-Encoding=chunked"});
    CHECK(got.body == "a");
  }
  check_all({
      {"Content-Length", chunked("0\r\nContent-Length: 5\r\n\r\n"), 400},
      {"Transfer-Encoding", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
      {"malformed", chunked("0\r\nX : a\r\n\r\n"), 400},
      {"over 4 KiB in one field", chunked("0\r\nX: " + std::string(4096, 'a') + "\r\n\r\n"), 431},
      {"over 4 KiB, incomplete", chunked("0\r\nX: " + std::string(4096, 'a')), 431},
  });
  std::string many;
  for (int i = 0; i < 50; ++i) many += "X: " + std::string(90, 'a') + "\r\n";
  CHECK(parse(chunked("0\r\n" + many + "\r\n")).code == 431);
  CHECK(parse(chunked("0\r\n" + many.substr(0, 95 * 40) + "\r\n")).status == status::complete);
  CHECK(parse(chunked("0\r\nConnection: close\r\n\r\n")).keep_alive);
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

TEST_CASE("C-50, C-52: a body belongs to its request whatever the method, and none is announced by nothing") {
  const std::string get_with_body = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET";
  const auto got = parse(get_with_body);
  CHECK(got.status == status::complete);
  CHECK(got.body == "abc");
  CHECK(got.consumed == get_with_body.size() - 3);
  const auto post_without = parse("POST / HTTP/1.1\r\nHost: a\r\n\r\nabc");
  CHECK(post_without.status == status::complete);
  CHECK(post_without.body.empty());
  CHECK(post_without.consumed == std::string_view("POST / HTTP/1.1\r\nHost: a\r\n\r\n").size());
}
