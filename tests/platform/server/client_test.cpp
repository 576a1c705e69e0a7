#include "tests/platform/server/running_server.hpp"

#include "platform/base/log.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

using namespace troupe::server;
using namespace troupe::server::test;
using troupe::base::ip_network;

namespace {

proxies trusting(std::initializer_list<const char*> networks, bool speak_protocol = false) {
  proxies out;
  for (const auto* n : networks) out.trusted.push_back(*ip_network::parse(n));
  out.speak_protocol = speak_protocol;
  return out;
}

// PROXY TCP over IPv4 from 192.0.2.N, with so many bytes of TLVs.
std::string proxy_header(char last, std::size_t more = 0) {
  std::string out("\r\n\r\n\0\r\nQUIT\n\x21\x11", 14);
  out += static_cast<char>((12 + more) >> 8);
  out += static_cast<char>((12 + more) & 255);
  out += std::string("\xc0\x00\x02", 3) + last + std::string("\x7f\x00\x00\x01\x10\x00\x00\x50", 8);
  return out + std::string(more, '\x04');
}

bool counts(const running_server& server, std::string_view reason, int value) {
  return server.exposition().find("troupe_http_sessions_refused_total{listener=\"public\",reason=\"" + std::string(reason) + "\"} " +
                               std::to_string(value) + "\n") != std::string::npos;
}

/// What the log has for failures while this lives; nothing else is written to standard error then.
class failure_records {
 public:
  failure_records() {
    REQUIRE(file_);
    ::dup2(::fileno(file_.get()), STDERR_FILENO);
    troupe::base::log::start(troupe::base::log::level::warn, troupe::base::log::format::json);
  }
  ~failure_records() { end(); }

  /// The clients of the requests that failed, in order.
  std::vector<std::string> clients() {
    end();
    std::rewind(file_.get());
    std::vector<std::string> out;
    char line[1024];
    while (std::fgets(line, sizeof line, file_.get())) {
      const std::string_view record = line;
      constexpr std::string_view name = R"("client":")";
      const auto at = record.find(name);
      if (record.find(R"("event":"request_failed")") == std::string_view::npos || at == std::string_view::npos) continue;
      const auto value = record.substr(at + name.size());
      out.emplace_back(value.substr(0, value.find('"')));
    }
    return out;
  }

 private:
  void end() {
    if (standard_error_ < 0) return;
    troupe::base::log::stop();
    ::dup2(standard_error_, STDERR_FILENO);
    ::close(std::exchange(standard_error_, -1));
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), &std::fclose};
  int standard_error_ = ::dup(STDERR_FILENO);
};

void fail(client& c, const std::string& fields = {}) {
  REQUIRE(c.send("GET /failure HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"));
  CHECK(c.read_until("\r\n\r\n").find(" 500 ") != std::string::npos);
}

} // namespace

TEST_CASE("client: the log names the peer of a request that failed, whatever its fields say") {
  failure_records records;
  running_server server;
  client c(server.port(), "127.0.0.9");
  fail(c);
  fail(c, "X-Forwarded-For: 192.0.2.1\r\n");
  fail(c, "Forwarded: for=192.0.2.1\r\n");
  CHECK(records.clients() == std::vector<std::string>(3, "127.0.0.9"));
}

TEST_CASE("client: the log names whom a trusted proxy names for a request that failed") {
  failure_records records;
  running_server server({}, trusting({"127.0.0.2"}));
  client proxy(server.port(), "127.0.0.2"), stranger(server.port(), "127.0.0.3");
  fail(proxy, "X-Forwarded-For: 203.0.113.7, 198.51.100.9\r\n");
  fail(proxy, "Forwarded: for=\"[2001:db8::7]:4711\"\r\n");
  fail(proxy);
  fail(stranger, "X-Forwarded-For: 198.51.100.9\r\n");
  CHECK(records.clients() == std::vector<std::string>{"198.51.100.9", "2001:db8::7", "127.0.0.2", "127.0.0.3"});
}

TEST_CASE("client: the log names whom a PROXY header names for a request that failed") {
  failure_records records;
  running_server server({}, trusting({}, true));
  client c(server.port(), "127.0.0.4");
  REQUIRE(c.send(proxy_header(7)));
  fail(c, "X-Forwarded-For: 198.51.100.9\r\n");
  CHECK(records.clients() == std::vector<std::string>{"192.0.2.7"});
}

TEST_CASE("client: without trusted proxies the peer is the client, whatever its fields say") {
  running_server server;
  client c(server.port(), "127.0.0.9");
  CHECK(c.ask() == "127.0.0.9");
  CHECK(c.ask("Forwarded: for=192.0.2.1\r\n") == "127.0.0.9");
  CHECK(c.ask("X-Forwarded-For: 192.0.2.1\r\n") == "127.0.0.9");
}

TEST_CASE("client: RFC 7239: only from a trusted proxy do the fields count, request by request") {
  running_server server({}, trusting({"127.0.0.2/32", "10.0.0.0/8"}));
  client proxy(server.port(), "127.0.0.2");
  CHECK(proxy.ask("X-Forwarded-For: 198.51.100.1, 192.0.2.1, 10.1.1.1\r\n") == "192.0.2.1");
  CHECK(proxy.ask("Forwarded: for=\"[2001:db8::5]:80\"\r\n") == "2001:db8::5");
  CHECK(proxy.ask() == "127.0.0.2");
  CHECK(proxy.ask("Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n") == "127.0.0.2");
  client stranger(server.port(), "127.0.0.3");
  CHECK(stranger.ask("X-Forwarded-For: 192.0.2.1\r\n") == "127.0.0.3");
}

TEST_CASE("client: a PROXY header names the client for every request of the session") {
  running_server server({}, trusting({}, true));
  client c(server.port());
  REQUIRE(c.send(proxy_header(7)));
  CHECK(c.ask() == "192.0.2.7");
  CHECK(c.ask("X-Forwarded-For: 198.51.100.1\r\n") == "192.0.2.7");
}

TEST_CASE("client: a PROXY header may come with the request, in pieces, and with 4 KB of TLVs") {
  running_server server({}, trusting({}, true));
  client together(server.port());
  REQUIRE(together.send(proxy_header(1) + "GET /client HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(together.read_until("192.0.2.1").find("200 OK") != std::string::npos);
  client pieces(server.port());
  for (const char byte : proxy_header(2)) REQUIRE(pieces.send({&byte, 1}));
  CHECK(pieces.ask() == "192.0.2.2");
  client large(server.port());
  REQUIRE(large.send(proxy_header(3, 4000)));
  CHECK(large.ask() == "192.0.2.3");
}

TEST_CASE("client: after PROXY LOCAL the peer is the client") {
  running_server server({}, trusting({}, true));
  client c(server.port(), "127.0.0.4");
  REQUIRE(c.send(std::string("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16)));
  CHECK(c.ask() == "127.0.0.4");
}

TEST_CASE("client: where a PROXY header is required, what has none is closed without a word, and counted") {
  running_server server({}, trusting({}, true));
  int refused = 0;
  for (const std::string& text : {std::string("GET /client HTTP/1.1\r\nHost: a\r\n\r\n"), std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
                                  std::string("\x16\x03\x01"), proxy_header(1).replace(12, 1, "\x31"), proxy_header(1, 5000)}) {
    client c(server.port());
    REQUIRE(c.send(text));
    CHECK(c.is_closed());
    CHECK(counts(server, "proxy_header", ++refused));
  }
}

TEST_CASE("client: an incomplete PROXY header has the time of a head") {
  limits bounds;
  bounds.head_timeout = std::chrono::milliseconds(200);
  running_server server(bounds, trusting({}, true));
  client c(server.port());
  REQUIRE(c.send(proxy_header(1).substr(0, 20)));
  CHECK(c.is_closed());
}

TEST_CASE("client: PROXY headers are taken from trusted proxies only, when there are any") {
  running_server server({}, trusting({"127.0.0.2"}, true));
  client proxy(server.port(), "127.0.0.2");
  REQUIRE(proxy.send(proxy_header(1)));
  CHECK(proxy.ask() == "192.0.2.1");
  client stranger(server.port(), "127.0.0.3");
  stranger.send(proxy_header(1));
  CHECK(stranger.is_closed());
  CHECK(counts(server, "not_a_proxy", 1));
}

TEST_CASE("client: behind a PROXY header the fields count when the client that it names is trusted itself") {
  running_server server({}, trusting({"127.0.0.2", "192.0.2.1"}, true));
  client both(server.port(), "127.0.0.2");
  REQUIRE(both.send(proxy_header(1)));
  CHECK(both.ask("X-Forwarded-For: 198.51.100.9\r\n") == "198.51.100.9");
  client one(server.port(), "127.0.0.2");
  REQUIRE(one.send(proxy_header(2)));
  CHECK(one.ask("X-Forwarded-For: 198.51.100.9\r\n") == "192.0.2.2");
}

TEST_CASE("client: behind a PROXY header that names nobody the fields do not count, unless the proxy speaks for itself") {
  running_server server({}, trusting({"127.0.0.2"}, true));
  client nobody(server.port(), "127.0.0.2");
  REQUIRE(nobody.send(std::string("\r\n\r\n\0\r\nQUIT\n\x21\x00\x00\x00", 16)));
  CHECK(nobody.ask("X-Forwarded-For: 198.51.100.9\r\n") == "127.0.0.2");
  client itself(server.port(), "127.0.0.2");
  REQUIRE(itself.send(std::string("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16)));
  CHECK(itself.ask("X-Forwarded-For: 198.51.100.9\r\n") == "198.51.100.9");
}

TEST_CASE("client: C-77: beyond its number of sessions a peer is closed at once, others are served, and a place that is left is taken again") {
  limits bounds;
  bounds.sessions_per_peer = 2;
  running_server server(bounds);
  client first(server.port(), "127.0.0.2");
  client other(server.port(), "127.0.0.3");
  CHECK(other.ask() == "127.0.0.3");
  {
    client second(server.port(), "127.0.0.2");
    CHECK(first.ask() == "127.0.0.2");
    CHECK(second.ask() == "127.0.0.2");
    client third(server.port(), "127.0.0.2");
    third.send("GET /client HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(third.is_closed());
    CHECK(counts(server, "peer_limit", 1));
    CHECK(second.send("GET /client HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    CHECK_FALSE(second.read_until({}).empty());
  }
  // The end of a session reaches its client before the place is given back.
  std::string answered;
  for (int tries = 0; tries < 1000 && answered != "127.0.0.2"; ++tries) answered = client(server.port(), "127.0.0.2").ask();
  CHECK(answered == "127.0.0.2");
}

TEST_CASE("client: a trusted proxy has as many sessions as it wants") {
  limits bounds;
  bounds.sessions_per_peer = 1;
  running_server server(bounds, trusting({"127.0.0.2"}));
  std::vector<client> many;
  for (int i = 0; i < 5; ++i) CHECK(many.emplace_back(server.port(), "127.0.0.2").ask() == "127.0.0.2");
}

TEST_CASE("client: whom a PROXY header names has no more sessions than a peer") {
  limits bounds;
  bounds.sessions_per_peer = 1;
  running_server behind(bounds, trusting({}, true));
  client a(behind.port()), b(behind.port()), again(behind.port());
  REQUIRE(a.send(proxy_header(1)));
  CHECK(a.ask() == "192.0.2.1");
  REQUIRE(b.send(proxy_header(2)));
  CHECK(b.ask() == "192.0.2.2");
  again.send(proxy_header(1));
  CHECK(again.is_closed());
  CHECK(counts(behind, "client_limit", 1));
}

TEST_CASE("client: C-62: a body below the least rate is refused once the rate counts, and one above it has its whole time") {
  limits bounds;
  bounds.body_rate = 1000;
  bounds.body_rate_after = std::chrono::milliseconds(300);
  bounds.body_timeout = std::chrono::milliseconds(5'000);
  running_server server(bounds);
  const std::string head = "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n";
  client slow(server.port());
  REQUIRE(slow.send(head + std::string(100, 'x')));
  const auto began = std::chrono::steady_clock::now();
  CHECK(slow.read_until("\r\n").find(" 408 ") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
  // What came fast pays for a pause: 1200 bytes for 1.2 s, four times the time after which the rate counts.
  client fast(server.port());
  REQUIRE(fast.send(head + std::string(1200, 'x')));
  CHECK(fast.read_until("\r\n").find(" 408 ") != std::string::npos);
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took > std::chrono::milliseconds(1200));
  CHECK(took < std::chrono::milliseconds(4500));
  CHECK(server.exposition().find("route=\"/length\",status=") == std::string::npos); // no handler has begun
}

TEST_CASE("C-42: a handler sees what says who asks, or for which trace, from a trusted proxy only") {
  const std::string claims = "X-User: root\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\ntraceparent: 00-1-2-01\r\nX-Request-Id: 1\r\nX-Real-IP: 192.0.2.1\r\n";
  const std::string all = "Host Accept X-User X-Forwarded-For Forwarded traceparent X-Request-Id X-Real-IP ";
  const running_server server({}, trusting({"127.0.0.2"}));
  client stranger(server.port(), "127.0.0.3"), proxy(server.port(), "127.0.0.2");
  for (int round = 0; round < 2; ++round) {
    CHECK(stranger.ask(claims + "Accept: */*\r\n", "/fields") == "Host Accept ");
    CHECK(proxy.ask(claims + "Accept: */*\r\n", "/fields") == all);
  }
  // The same when the general parser reads the head, because of a field that is not plain.
  CHECK(stranger.ask(claims + "X-Empty:\r\n", "/fields") == "Host X-Empty ");
  // And with a body behind the head, in a piece of its own.
  const auto post = "POST /fields HTTP/1.1\r\nHost: a\r\n" + claims + "Content-Length: 1\r\n\r\n";
  for (const bool is_trusted : {false, true}) {
    auto& c = is_trusted ? proxy : stranger;
    REQUIRE(c.send(post));
    REQUIRE(c.send("x" + std::string("GET /fields HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")));
    const auto answers = c.read_until("");
    CHECK((answers.find("X-User") != std::string::npos) == is_trusted);
    CHECK(answers.find("Host Content-Length ") != std::string::npos);
    CHECK(answers.ends_with("\r\n\r\nHost Connection "));
  }
}

TEST_CASE("C-42: what a PROXY header says decides whether a client is trusted") {
  const running_server server({}, trusting({"127.0.0.2"}, true));
  client behind(server.port(), "127.0.0.2");
  REQUIRE(behind.send(proxy_header('\x07')));
  CHECK(behind.ask("X-User: root\r\n", "/fields") == "Host ");
}
