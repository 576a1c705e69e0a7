#include "platform/base/result.hpp"
#include "platform/http/file_part.hpp"
#include "platform/http/response.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace troupe;
using http::problem;
using http::response;

TEST_CASE("a field is rendered as a line of its own") {
  const auto expected = "X-Tag: two words\r\n!#$%&'*+-.^_`|~09azAZ: \r\n";
  response r;
  CHECK(r.add_field("X-Tag", "two words"));
  CHECK(r.add_field("!#$%&'*+-.^_`|~09azAZ", ""));
  CHECK(r.own_fields() == expected);
  http::prepared_fields prepared;
  CHECK(prepared.add("X-Tag", "two words"));
  CHECK(prepared.add("!#$%&'*+-.^_`|~09azAZ", ""));
  CHECK(prepared.view() == expected);
}

TEST_CASE("RFC 9110 5.5: a value with a control character is dropped, so that no value splits the response") {
  const auto value = GENERATE(as<std::string>{}, "a\r\nSet-Cookie: x=1", "a\nb", "a\rb",
                              std::string("a\0b", 3), "\r\n\r\n<html>", "\n", "a\x01", "a\x7f", "\x1b[0m");
  response r;
  r.add_field("Before", "1");
  CHECK_FALSE(r.add_field("X-Tag", value));
  CHECK(r.own_fields() == "Before: 1\r\n");
  http::prepared_fields prepared;
  prepared.add("Before", "1");
  CHECK_FALSE(prepared.add("X-Tag", value));
  CHECK(prepared.view() == "Before: 1\r\n");
}

TEST_CASE("RFC 9110 5.6.2: a name that is not a token is dropped") {
  const auto name = GENERATE(as<std::string>{}, "", "A B", "A:", "A\r\nB", "A\tB", "(A)", "A\"", "\xC3\xA9",
                             "A/B", "A,B", "A=B", std::string("A\0", 2), "A\x7f");
  response r;
  CHECK_FALSE(r.add_field(name, "value"));
  CHECK(r.own_fields().empty());
}

TEST_CASE("C-41: no byte in a name or value splits the response or leaves its line") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const auto c = static_cast<char>(byte);
    const bool in_value = (byte >= 0x20 && byte < 0x7F) || byte == '\t';
    const bool in_name = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                         (byte != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
    for (const std::string before : {"", "a", "/v1/", "text/plain; x="}) {
      for (const std::string after : {"", "b", " Set-Cookie: x=1", "\r\n\r\n<html>"}) {
        const auto value = before + c + after;
        const auto name = "X" + before + c + after;
        const bool good_value = in_value && after.find('\n') == std::string::npos;
        const bool good_name = in_name && before.find_first_of("/ ;") == std::string::npos && after.find_first_of(" \r") == std::string::npos;
        for (const std::string_view field : {"X-Tag", "Location", "Content-Type"}) {
          response r;
          REQUIRE(r.add_field(field, value) == good_value);
          const auto expected = good_value ? std::string(field) + ": " + value + "\r\n" : "";
          REQUIRE(r.own_fields() == expected);
          if (field == "Content-Type") continue; // not among those that are shared
          http::prepared_fields prepared;
          REQUIRE(prepared.add(field, value) == good_value);
          REQUIRE(prepared.view() == expected);
        }
        response r;
        REQUIRE(r.add_field(name, "v") == good_name);
        REQUIRE(r.own_fields() == (good_name ? name + ": v\r\n" : ""));
      }
    }
  }
}

namespace {

template <class T>
concept shows_its_lines = requires(T r) { r.fields_; } || requires(T r) { r.shared_fields.lines_; };

template <class Text>
constexpr bool becomes_fields =
    std::is_constructible_v<http::prepared_fields, Text> || std::is_assignable_v<http::prepared_fields&, Text>;

} // namespace

TEST_CASE("C-41: there is no way to the lines of an answer but the checked ones") {
  STATIC_REQUIRE_FALSE(shows_its_lines<response>);
  STATIC_REQUIRE_FALSE(becomes_fields<std::string>);
  STATIC_REQUIRE_FALSE(becomes_fields<std::string_view>);
  STATIC_REQUIRE_FALSE(becomes_fields<base::shared_bytes>);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<response&>().own_fields()), std::string_view>); // bytes that cannot be written to
}

TEST_CASE("fields that are shared stay as they were for those who have them, and a copy of one's own holds the same") {
  http::prepared_fields fields;
  REQUIRE(fields.add("A", "1"));
  const auto before = fields;
  REQUIRE(fields.add("B", "2"));
  CHECK(before.view() == "A: 1\r\n");
  CHECK(fields.view() == "A: 1\r\nB: 2\r\n");
  const auto copy = fields.own_copy();
  CHECK(copy.view() == fields.view());
  CHECK(copy.view().data() != fields.view().data());
}

TEST_CASE("a field that was put into an answer is found again, in whatever case") {
  response r;
  r.shared_fields.add("ETag", "\"a\"");
  r.shared_fields.add("X-Empty", "");
  r.add_field("Vary", "Accept-Encoding");
  CHECK(r.field("etag") == "\"a\"");
  CHECK(r.field("x-empty") == "");
  CHECK(r.field("VARY") == "Accept-Encoding");
  CHECK_FALSE(r.field("a"));
  CHECK_FALSE(r.field("Accept-Encoding"));
  r.add_field("ETag", "\"b\"");
  CHECK(r.field("ETag") == "\"b\"");
}

TEST_CASE("a handler cannot contradict how the message is framed") {
  const auto name = GENERATE(as<std::string>{}, "Content-Length", "content-length", "TRANSFER-ENCODING",
                             "Connection", "Date", "Keep-Alive", "trailer");
  response r;
  CHECK_FALSE(r.add_field(name, "0"));
  CHECK(r.own_fields().empty());
  CHECK(r.add_field("Content-Length-Hint", "0"));
  CHECK_FALSE(r.shared_fields.add(name, "0"));
  CHECK(r.shared_fields.empty());
}

TEST_CASE("RFC 9110 8.3: of several Content-Types the first that was added counts") {
  const auto name = GENERATE(as<std::string>{}, "Content-Type", "content-type", "CONTENT-TYPE");
  response r;
  CHECK_FALSE(r.has_own_type());
  CHECK_FALSE(r.add_field(name, "text/plain\r\n"));
  CHECK_FALSE(r.has_own_type());
  CHECK(r.add_field(name, "text/plain"));
  CHECK(r.has_own_type());
  CHECK_FALSE(r.add_field(name, "text/html"));
  CHECK(r.own_fields() == name + ": text/plain\r\n");
  CHECK_FALSE(r.shared_fields.add(name, "text/html"));
  CHECK(r.add_field("Content-Type-Options", "nosniff"));
  CHECK(r.shared_fields.add("X-Content-Type-Options", "nosniff"));
}

TEST_CASE("a JSON response has its status, type and body") {
  const auto r = http::json_response(201, R"({"id":"1"})");
  CHECK(r.status == 201);
  CHECK(r.content_type == "application/json");
  CHECK(r.body.view() == R"({"id":"1"})");
  CHECK(r.own_fields().empty());
}

TEST_CASE("a response that was cleared is as new") {
  auto r = problem(503, "busy", "1");
  r.is_streamed = true;
  r.shared_fields.add("A", "b");
  r.add_field("Content-Type", "text/html");
  r.file = std::make_shared<http::file_part>(-1, 0, 1);
  r.clear();
  CHECK(r.status == 200);
  CHECK_FALSE(r.is_streamed);
  CHECK(r.content_type.empty());
  CHECK(r.body.empty());
  CHECK_FALSE(r.file);
  CHECK(r.shared_fields.empty());
  CHECK(r.own_fields().empty());
  CHECK_FALSE(r.has_own_type());
}

TEST_CASE("RFC 9457: a problem says what is wrong and which request it was") {
  const auto r =
      problem(base::fail(base::errc::not_found, "no product 7"), "0af7651916cd43dd8448eb211c80319c");
  CHECK(r.status == 404);
  CHECK(r.content_type == "application/problem+json");
  CHECK(r.body.view() == R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no product 7",)"
                         R"("instance":"urn:troupe:request:0af7651916cd43dd8448eb211c80319c",)"
                         R"("request_id":"0af7651916cd43dd8448eb211c80319c"})");
  CHECK(r.own_fields().empty());
}

TEST_CASE("a problem of a request without an id has no instance") {
  CHECK(
      problem(431, "the head is too large", "").body.view() ==
      R"({"type":"about:blank","title":"Request Header Fields Too Large","status":431,"detail":"the head is too large"})");
}

TEST_CASE("what can be tried again says when") {
  CHECK(problem(503, "busy", "1").own_fields() == "Retry-After: 1\r\n");
  CHECK(problem(429, "slow down", "1").own_fields() == "Retry-After: 1\r\n");
  CHECK(problem(base::fail(base::errc::unavailable, "busy"), "1").own_fields() == "Retry-After: 1\r\n");
  CHECK(problem(500, "broken", "1").own_fields().empty());
  CHECK(problem(504, "late", "1").own_fields().empty());
}

TEST_CASE("whatever the detail and the id hold, the problem is one JSON text") {
  const auto r = problem(400, "key \"a\\b\"\n\x01\x7f \xC3\xA9 \xFF", "\"},{\"");
  CHECK(r.body.view() == "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
                         "\"detail\":\"key \\\"a\\\\b\\\"\\n\\u0001\\u007f \xC3\xA9 \xEF\xBF\xBD\","
                         "\"instance\":\"urn:troupe:request:\\\"},{\\\"\",\"request_id\":\"\\\"},{\\\"\"}");
}
