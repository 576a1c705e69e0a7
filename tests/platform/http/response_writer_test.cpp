#include "platform/http/response_writer.hpp"

#include "platform/http/file_part.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>

#include <memory>
#include <string>
#include <string_view>

using namespace troupe::http;
namespace base = troupe::base;

namespace {

constexpr std::string_view date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

std::string head(const response& r, const answer_frame& frame = {}) {
  std::string out;
  write_head(out, r, frame, date);
  return out;
}

} // namespace

TEST_CASE("an answer's head is written byte for byte") {
  CHECK(head(json_response(200, "{\"a\":1}")) ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n"
        "Content-Length: 7\r\n\r\n");
  response created;
  created.status = 201;
  created.shared_fields.add("Cache-Control", "no-store");
  created.add_field("Location", "/v1/payments/7");
  CHECK(head(created) == "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: no-store\r\n"
                         "Location: /v1/payments/7\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("RFC 9110 8.3: a Content-Type is sent once, whichever way and in whatever order a handler has given it") {
  const auto name = GENERATE(as<std::string>{}, "Content-Type", "content-TYPE");
  const bool added_last = GENERATE(false, true);
  response r;
  r.content_type = "application/json";
  r.add_field(name, "text/plain");
  if (!added_last) r.content_type = "text/html";
  r.add_field(name, "text/css");
  r.shared_fields.add(name, "text/xml");
  CHECK(head(r) == "HTTP/1.1 200 OK\r\n" + std::string(date) + name + ": text/plain\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("C-73: an answer to HEAD announces the length of the body it does not carry") {
  answer_frame frame;
  frame.head_only = true;
  CHECK(head(json_response(200, "12345"), frame) == head(json_response(200, "12345")));
}

TEST_CASE("C-73, RFC 9110 8.6: an answer that has no body has no Content-Length") {
  for (const std::uint16_t status : {100, 103, 204, 304}) {
    INFO(status);
    response r;
    r.status = status;
    r.body = base::shared_bytes("never sent");
    CHECK(head(r).find("Content-Length") == std::string::npos);
    CHECK_FALSE(has_body(status));
  }
  response none;
  none.status = 204;
  CHECK(head(none) == "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  CHECK(has_body(200));
  CHECK_FALSE(has_body(205));
  CHECK(has_body(404));
}

TEST_CASE("RFC 9110 15.3.6: a 205 says that it is empty, whatever its body") {
  auto r = json_response(205, "never sent");
  CHECK(head(r).ends_with("Content-Length: 0\r\n\r\n"));
}

TEST_CASE("RFC 9112 7.1: a streamed body is chunked, and in HTTP/1.0 ends with the connection") {
  response r;
  r.is_streamed = true;
  CHECK(head(r) == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(head(r, {true, true, true}) == head(r));
  CHECK(head(r, {false, false, false}) ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n");
  std::string out;
  write_chunk_line(out, 1);
  write_chunk_line(out, 32768);
  CHECK(out == "1\r\n8000\r\n");
}

TEST_CASE("the part of a file that is a body has its length in the head") {
  response r;
  r.body = base::shared_bytes("not looked at");
  r.file = std::make_shared<file_part>(::open("/dev/null", O_RDONLY | O_CLOEXEC), 7, 5'000'000'000);
  CHECK(head(r).ends_with("Content-Length: 5000000000\r\n\r\n"));
}

TEST_CASE("RFC 9112 9.3: Connection is written where the version does not imply it") {
  const auto r = json_response(200, "");
  const auto ends_with = [](const std::string& text, std::string_view end) { return text.ends_with(end); };
  CHECK(ends_with(head(r, {false, true, true}), "Content-Length: 0\r\n\r\n"));
  CHECK(ends_with(head(r, {false, true, false}), "Content-Length: 0\r\nConnection: close\r\n\r\n"));
  CHECK(ends_with(head(r, {false, false, true}), "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK(ends_with(head(r, {false, false, false}), "Content-Length: 0\r\nConnection: close\r\n\r\n"));
}

TEST_CASE("a status without a registered phrase is written all the same") {
  response r;
  r.status = 599;
  CHECK(head(r).starts_with("HTTP/1.1 599 Unknown\r\n"));
  CHECK(head(json_response(503, "")).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST_CASE("a head is appended to what stands there") {
  std::string out = "HTTP/1.1 100 Continue\r\n\r\n";
  write_head(out, json_response(200, std::string(12345, 'x')), {}, date);
  CHECK(out.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(out.ends_with("Content-Length: 12345\r\n\r\n"));
}

TEST_CASE("RFC 9110 6.6.1: the Date line changes with the second") {
  date_field field;
  constexpr base::unix_micros second = 1'000'000;
  const base::unix_micros then = 784'111'777 * second;
  CHECK(field.at(then) == date);
  CHECK(field.at(then + second - 1) == date);
  CHECK(field.at(then + second) == "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
  CHECK(field.at(then) == date); // a clock that was set back
  CHECK(date_field().at(0) == "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
}
