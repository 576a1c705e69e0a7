// Bodies that come in pieces, and heads that are not complete.

#include "platform/http/request_parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace troupe::http;
using status = request_parser::status;

namespace {

constexpr std::string_view chunked_head = "POST /p HTTP/1.1\r\nHost: a\r\nX-Tag: t\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view sized_head = "POST /p HTTP/1.1\r\nHost: a\r\nX-Tag: t\r\nContent-Length: 12\r\n\r\n";

// Feeds the head, then the pieces, as a connection does: what was not taken is given again with what follows.
// The head's bytes stay; each piece lives only during its call.
status feed(request_parser& parser, const std::string& head, const std::vector<std::string>& pieces, std::string& left) {
  parser.reset();
  std::size_t consumed = 0;
  auto result = parser.parse(head, consumed);
  left.clear();
  for (const auto& piece : pieces) {
    if (result != status::need_more) {
      left += piece;
      continue;
    }
    auto bytes = left + piece;
    if (bytes.empty()) continue;
    result = parser.parse(bytes, consumed);
    left = bytes.substr(consumed);
    if (result == status::complete) CHECK(parser.request().body == "hello, world"); // it may lie in `bytes`
    bytes.assign(bytes.size(), '#');
  }
  return result;
}

void check_every_split(std::string_view head, std::string_view body) {
  const std::string head_bytes(head);
  const std::string text(body);
  request_parser parser{limits{}};
  std::string left;
  for (std::size_t i = 1; i < text.size(); ++i) {
    for (std::size_t j = i; j < text.size(); ++j) {
      INFO("split at " << i << " and " << j);
      const std::vector<std::string> pieces{text.substr(0, i), text.substr(i, j - i), text.substr(j)};
      REQUIRE(feed(parser, head_bytes, pieces, left) == status::complete);
      REQUIRE(left == "GET ");
      REQUIRE(parser.request().path == "/p");
      REQUIRE(parser.request().field("x-tag") == "t");
      REQUIRE(parser.request().fields.size() == 3);
    }
  }
}

} // namespace

TEST_CASE("C-71: a body is the same in whatever pieces it comes") {
  request_parser parser{limits{}};
  std::string left;
  const std::string sized = "hello, world";
  const std::string chunks = "5;x=\"1\"\r\nhello\r\n2\r\n, \r\n5\r\nworld\r\n0\r\nTrail: 1\r\n\r\n";
  for (const auto& [head, body] : {std::pair{sized_head, sized}, {chunked_head, chunks}}) {
    for (std::size_t i = 1; i < body.size(); ++i) {
      INFO("split at " << i << " of " << body);
      // In two pieces after the head, and the first of them together with the head.
      REQUIRE(feed(parser, std::string(head), {body.substr(0, i), body.substr(i) + "GET "}, left) == status::complete);
      REQUIRE(left == "GET ");
      const auto head_and_some = std::string(head) + body.substr(0, i);
      parser.reset();
      std::size_t consumed = 0;
      REQUIRE(parser.parse(head_and_some, consumed) == status::need_more);
      REQUIRE(parser.head_complete());
      const auto rest = head_and_some.substr(consumed) + body.substr(i);
      REQUIRE(parser.parse(rest, consumed) == status::complete);
      REQUIRE(consumed == rest.size());
      REQUIRE(parser.request().body == "hello, world");
      REQUIRE(parser.request().field("X-Tag") == "t");
    }
  }
}

TEST_CASE("C-71: a body in three pieces ends at its end, wherever the pieces meet") {
  check_every_split(sized_head, "hello, worldGET ");
  check_every_split(chunked_head, "5\r\nhello\r\n7\r\n, world\r\n0\r\nTrail: 1\r\n\r\nGET ");
}

TEST_CASE("C-71: a body that comes byte by byte is held and found whole") {
  request_parser parser{limits{}};
  const std::string head(chunked_head);
  const std::string body = "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n";
  std::size_t consumed = 0;
  parser.reset();
  auto result = parser.parse(head, consumed);
  std::string waiting;
  for (const char c : body) {
    REQUIRE(result == status::need_more);
    waiting += c;
    result = parser.parse(waiting, consumed);
    waiting.erase(0, consumed);
  }
  REQUIRE(result == status::complete);
  CHECK(parser.request().body == "hello, world");
  CHECK(parser.held_body_bytes() >= 12);
}

TEST_CASE("C-44, C-45, C-48: what is refused in one piece is refused in pieces too") {
  struct bad {
    std::string body;
    std::uint16_t code;
  };
  const std::vector<bad> cases{
      {"5 \r\nhello\r\n0\r\n\r\n", 400},
      {"1;a=\"\n\"\r\na\r\n0\r\n\r\n", 400},
      {"1\r\nab\r\n0\r\n\r\n", 400},
      {"0\r\nContent-Length: 5\r\n\r\n", 400},
      {"1;" + std::string(300, 'e') + "\r\na\r\n0\r\n\r\n", 400},
      {"0\r\n" + std::string("X: ") + std::string(4200, 'a') + "\r\n\r\n", 431},
  };
  request_parser parser{limits{}};
  std::string left;
  for (const auto& c : cases) {
    for (std::size_t i = 1; i < c.body.size(); i += c.body.size() > 1000 ? 97 : 1) {
      INFO("split at " << i << " of " << c.body.substr(0, 40));
      REQUIRE(feed(parser, std::string(chunked_head), {c.body.substr(0, i), c.body.substr(i)}, left) == status::refused);
      REQUIRE(parser.why_refused().status == c.code);
    }
  }
}

TEST_CASE("C-71: an incomplete head asks for more at every length, and is hopeful") {
  const std::string text = "GET /a%20b?c HTTP/1.1\r\nHost: a:80\r\nX:\r\nY: \xff z\r\n\r\n";
  request_parser parser{limits{}};
  for (std::size_t length = 1; length < text.size(); ++length) {
    INFO(length);
    const auto some = text.substr(0, length);
    parser.reset();
    std::size_t consumed = 0;
    REQUIRE(parser.parse(some, consumed) == status::need_more);
    REQUIRE_FALSE(parser.head_complete());
    parser.reset();
    REQUIRE(parser.look(some).detail.empty());
  }
  parser.reset();
  std::size_t consumed = 0;
  CHECK(parser.parse(text, consumed) == status::complete);
}

TEST_CASE("a head that can never become a request is refused before it is complete") {
  const limits bounds;
  struct {
    std::string bytes;
    int code; ///< 0: there is hope
  } const cases[] = {
      {"", 0},
      {"G", 0},
      {"GET / HT", 0},
      {"\r", 0},
      {"\r\n", 0},
      {"\r\nGET / HTTP/1.1\r\nHo", 0},
      {std::string(32, 'A'), 0},
      {std::string(33, 'A'), 501},
      {std::string("\x16\x03\x01", 3), 400},
      {std::string(10, '\0'), 400},
      {"GET\t/", 400},
      {"GET /" + std::string(7995, 'a'), 0},
      {"GET /" + std::string(7996, 'a'), 414},
      {"GET / HTTP/1.1\r\nX: " + std::string(16 * 1024 - 19, 'a'), 0},
      {"GET / HTTP/1.1\r\nX: " + std::string(16 * 1024 - 18, 'a'), 431},
      {"GET / HTTP/1.1\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r", 0},
      {"GET / HTTP/1.1\r\nHost: a\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
  };
  for (const auto& c : cases) {
    INFO(c.bytes.substr(0, 60) << ", " << c.bytes.size() << " bytes");
    const auto why = request_parser(bounds).look(c.bytes);
    CHECK(why.detail.empty() == (c.code == 0));
    if (c.code != 0) CHECK(why.status == c.code);
  }
}

TEST_CASE("a parser that was reset remembers nothing of the request before") {
  request_parser parser{limits{}};
  std::size_t consumed = 0;
  const std::string first = "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{";
  parser.reset();
  REQUIRE(parser.parse(first, consumed) == status::need_more);
  parser.reset();
  CHECK_FALSE(parser.head_complete());
  const std::string second = "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
  REQUIRE(parser.parse(second, consumed) == status::complete);
  CHECK(parser.request().body.empty());
  CHECK(parser.request().query.empty());
  CHECK(parser.request().keep_alive);
  CHECK_FALSE(parser.request().expects_continue);
  CHECK(parser.request().fields.size() == 1);

  const std::string refused = "GET / HTTP/1.1\r\n\r\n";
  parser.reset();
  REQUIRE(parser.parse(refused, consumed) == status::refused);
  parser.reset();
  CHECK(parser.parse(second, consumed) == status::complete);
}

TEST_CASE("a parser that was moved goes on") {
  request_parser first{limits{}};
  std::size_t consumed = 0;
  const std::string head(sized_head);
  first.reset();
  REQUIRE(first.parse(head, consumed) == status::need_more);
  auto second = std::move(first);
  REQUIRE(second.parse("hello, world", consumed) == status::complete);
  CHECK(second.request().body == "hello, world");
}
