#include "tests/platform/server/running_server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe::server;
using namespace troupe::server::test;

namespace {

bool has_sessions(const running_server& server, int count) {
  return server.exposition().find("troupe_http_sessions{listener=\"public\"} " + std::to_string(count) + "\n") != std::string::npos;
}

bool comes_to(const running_server& server, int sessions) {
  for (const auto end = std::chrono::steady_clock::now() + 10s; !has_sessions(server, sessions); std::this_thread::yield()) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

limits with_a_long_linger() {
  limits bounds;
  bounds.linger_timeout = 60s;
  return bounds;
}

limits with_one_request_a_session() {
  auto bounds = with_a_long_linger();
  bounds.requests_per_session = 1;
  return bounds;
}

constexpr std::string_view request = "GET /client HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view last_request = "GET /client HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

} // namespace

TEST_CASE("a session that the server ends is read on until its client has closed: a reset would take the answer away (RFC 9112 section 9.6)") {
  const running_server server(with_one_request_a_session());
  {
    client c(server.port());
    c.send(request);
    CHECK(c.read_until({}).find("Connection: close\r\n") != std::string::npos);
    for (int i = 0; i < 3; ++i) {
      CHECK(c.send(request));
      CHECK(has_sessions(server, 1));
    }
  }
  CHECK(comes_to(server, 0));
}

TEST_CASE("a session whose client has asked for its end with its only request is closed at once") {
  const running_server server(with_a_long_linger());
  client c(server.port());
  c.send(last_request);
  CHECK(c.read_until({}).find("Connection: close\r\n") != std::string::npos);
  CHECK(comes_to(server, 0));
}

TEST_CASE("a session whose client sends on behind its own `Connection: close` is read on until that client has closed (RFC 9112 section 9.6)") {
  const running_server server(with_a_long_linger());
  {
    client c(server.port());
    c.send(std::string(last_request) + "GET /cl");
    CHECK(c.read_until({}).find("Connection: close\r\n") != std::string::npos);
    CHECK(has_sessions(server, 1));
    CHECK(c.send("ient HTTP/1.1\r\nHost: h\r\n\r\n"));
    CHECK(has_sessions(server, 1));
  }
  CHECK(comes_to(server, 0));
}

TEST_CASE("a session whose client sends on while it waits for its last answer is read on") {
  const auto what = GENERATE(as<std::string>{}, "GET /held HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /held HTTP/1.0\r\n\r\n");
  running_server server(with_a_long_linger());
  {
    client c(server.port());
    c.send(what);
    server.wait_until_held();
    c.send("\r\n");
    server.let_go();
    CHECK(c.read_until({}).find("let go") != std::string::npos);
    CHECK(has_sessions(server, 1));
    CHECK(c.send("\r\n"));
    CHECK(has_sessions(server, 1));
  }
  CHECK(comes_to(server, 0));
}

TEST_CASE("a session whose client has asked more than its last request is read on: a reset would take the earlier answers too") {
  const running_server server(with_a_long_linger());
  {
    client c(server.port());
    c.send(std::string(request) + std::string(last_request));
    const auto answers = c.read_until({});
    CHECK(answers.find("Connection: close\r\n") != std::string::npos);
    CHECK(answers.find("HTTP/1.1 200", 1) != std::string::npos);
    CHECK(has_sessions(server, 1));
    CHECK(c.send(request));
    CHECK(has_sessions(server, 1));
  }
  CHECK(comes_to(server, 0));
}
