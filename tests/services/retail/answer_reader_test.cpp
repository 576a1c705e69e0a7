#include "services/retail/answer_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace troupe::retail {

namespace {

constexpr std::string_view chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nRetry-After: 7\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n";

} // namespace

TEST_CASE("answer reader: an answer in pieces of one byte is the answer in one piece") {
  answer_reader reader;
  for (std::size_t i = 0; i + 1 < chunked.size(); ++i) {
    INFO(i);
    const auto taken = reader.take(chunked.substr(i, 1));
    REQUIRE(taken.has_value());
    REQUIRE_FALSE(*taken);
  }
  REQUIRE(*reader.take(chunked.substr(chunked.size() - 1)));
  const auto answer = reader.answer();
  CHECK(answer.status == 200);
  CHECK(answer.body == "abcdefg");
  CHECK(answer.retry_after == std::chrono::seconds(7));
  CHECK(reader.may_go_on());
}

TEST_CASE("answer reader: RFC 9112 6.3: without a framing the body ends with the connection") {
  answer_reader reader;
  CHECK_FALSE(*reader.take("HTTP/1.1 200 OK\r\n\r\nabc"));
  CHECK(reader.finish().has_value());
  CHECK(reader.answer().body == "abc");
  CHECK_FALSE(reader.may_go_on());
}

TEST_CASE("answer reader: a connection that ends early is a failure") {
  for (const std::string_view text : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"}) {
    INFO(text);
    answer_reader reader;
    CHECK_FALSE(*reader.take(text));
    CHECK(reader.finish().has_error());
  }
}

TEST_CASE("answer reader: bytes behind the answer end the use of the connection") {
  answer_reader reader;
  REQUIRE(*reader.take("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 201 Created\r\n"));
  CHECK(reader.answer().body == "a");
  CHECK_FALSE(reader.may_go_on());
}

TEST_CASE("answer reader: what is no answer, or beyond its bounds, is refused") {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const auto& text : {std::string("SSH-2.0-x\r\n"), std::string("HTTP/1.1 017 X\r\n\r\n"), std::string("HTTP/1.1 600 X\r\n\r\n"), head + "a: " + std::string(17 * 1024, 'b'),
                           head + "Content-Length: 1048577\r\n\r\n",
                           head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(70'000, 'a')}) {
    INFO(text.substr(0, 80));
    answer_reader reader;
    CHECK(reader.take(text).has_error());
  }
}

} // namespace troupe::retail
