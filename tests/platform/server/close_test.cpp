#include "tests/platform/server/running_server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
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

limits with_one_request_a_session() {
  limits bounds;
  bounds.requests_per_session = 1;
  bounds.linger_timeout = 60s;
  return bounds;
}

} // namespace

TEST_CASE("a session that the server ends is read on until its client has closed: a reset would take the answer away (RFC 9112 section 9.6)") {
  const running_server server(with_one_request_a_session());
  {
    client c(server.port());
    c.send("GET /client HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(c.read_until({}).find("Connection: close\r\n") != std::string::npos);
    for (int i = 0; i < 3; ++i) {
      CHECK(c.send("GET /client HTTP/1.1\r\nHost: h\r\n\r\n"));
      CHECK(has_sessions(server, 1));
    }
  }
  CHECK(comes_to(server, 0));
}

TEST_CASE("a session whose client has asked for its end is closed at once") {
  const running_server server(with_one_request_a_session());
  client c(server.port());
  c.send("GET /client HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(c.read_until({}).find("Connection: close\r\n") != std::string::npos);
  CHECK(comes_to(server, 0));
}
