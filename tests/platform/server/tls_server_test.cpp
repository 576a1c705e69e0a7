#include "platform/server/server.hpp"

#include "platform/actor/system.hpp"
#include "platform/actor/type_ids.hpp"
#include "tests/platform/net/certificate_files.hpp"
#include "tests/platform/net/tls_client.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/sockios.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace actor = troupe::actor;
namespace http = troupe::http;
namespace net = troupe::net;
namespace server = troupe::server;
using net::test::certificate_files;
using net::test::tls_client;

namespace {

// CAF must know all types before the first actor system of the program.
[[maybe_unused]] const bool registered = [] {
  std::signal(SIGPIPE, SIG_IGN);
  actor::register_platform_types();
  caf::init_global_meta_objects<caf::id_block::troupe_server>();
  return true;
}();

http::response text(const std::string& body) {
  http::response r;
  r.body = troupe::base::shared_bytes(body);
  return r;
}

// Answers with the caller's name.
class who final : public server::endpoint {
 public:
  std::optional<http::response> start(server::call_site& site, const http::request&) const override {
    return text("[" + site.envelope().principal + "]");
  }
  http::response finish(const caf::message&) const override { return {}; }
};

// Keeps its connection actor busy, each time it is asked, until the test lets it go.
class hold final : public server::endpoint {
 public:
  hold(std::counting_semaphore<>& entered, std::counting_semaphore<>& leave) : entered_(entered), leave_(leave) {}
  std::optional<http::response> start(server::call_site&, const http::request&) const override {
    entered_.release();
    leave_.acquire();
    return text("held");
  }
  http::response finish(const caf::message&) const override { return {}; }

 private:
  std::counting_semaphore<>& entered_;
  std::counting_semaphore<>& leave_;
};

constexpr int patience_ms = 20'000;

struct stage {
  explicit stage(net::tls_options tls, server::limits bounds = {}) {
    auto opened = net::tls_source::open(std::move(tls));
    if (!opened) FAIL(opened.error().detail);
    source = std::move(*opened);
    routes.get("/who", std::make_shared<who>());
    routes.get("/hold", std::make_shared<hold>(entered, leave));
    server::server_options options{.listening = {.defer_accept_s = 0}, .connection_actors = 1, .limits = bounds, .tls = source.get()};
    auto started = server::server::start(system, std::move(options), routes, registry, *poller);
    if (!started) FAIL(started.error().detail);
    running = std::move(*started);
  }
  ~stage() {
    leave.release(100); // a test that has failed lets go, too
    running->stop(std::chrono::milliseconds(0));
  }
  void wait_until_held() { REQUIRE(entered.try_acquire_for(std::chrono::milliseconds(patience_ms))); }

  std::counting_semaphore<> entered{0}, leave{0};
  std::unique_ptr<net::tls_source> source;
  server::routes routes;
  troupe::metrics::registry registry;
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{1}, *poller};
  caf::actor_system system{config};
  std::unique_ptr<server::server> running;
};

struct connection {
  explicit connection(const stage& s, const tls_client::wish& w = {}) : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where.sin_port = htons(s.running->where().port);
    REQUIRE(::connect(socket.fd(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
    ::fcntl(socket.fd(), F_SETFL, O_NONBLOCK);
    client = std::make_unique<tls_client>(socket.fd(), w);
  }
  [[nodiscard]] bool is_readable(int wait_ms) const {
    pollfd p{socket.fd(), POLLIN, 0};
    return ::poll(&p, 1, wait_ms) == 1;
  }
  void finish_handshake() {
    while (!client->step()) {
      REQUIRE_FALSE(client->has_failed());
      REQUIRE(is_readable(patience_ms));
    }
  }
  // Until all that was sent is in the server's kernel, and whoever polls there is told.
  void wait_until_delivered() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    for (int outstanding = 1; outstanding != 0; std::this_thread::yield()) {
      REQUIRE(::ioctl(socket.fd(), SIOCOUTQ, &outstanding) == 0);
      REQUIRE(std::chrono::steady_clock::now() < end);
    }
  }
  void ask(const std::string& path) { REQUIRE(client->write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n") > 0); }
  std::string answer() {
    std::string all;
    while (all.find("\r\n\r\n") == std::string::npos) {
      REQUIRE(is_readable(patience_ms));
      all += client->read();
      REQUIRE_FALSE(client->has_failed());
    }
    return all.substr(all.find("\r\n\r\n") + 4);
  }

  net::socket socket;
  std::unique_ptr<tls_client> client;
};

std::string metric(const stage& s, const std::string& line) {
  const auto all = s.registry.expose();
  const auto at = all.find(line + " ");
  if (at == std::string::npos) return "none";
  const auto begin = at + line.size() + 1;
  return all.substr(begin, all.find('\n', begin) - begin);
}

void wait_for_sessions(const stage& s, const std::string& count) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (metric(s, R"(troupe_http_sessions{listener="public"})") != count) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::yield();
  }
}

// A server whose key takes longer to sign with than a turn has for handshakes, on any machine, so that each turn makes one step; an open session to
// hold its only connection actor by; and connections that have said nothing yet.
struct queue {
  explicit queue(std::size_t size, server::limits bounds = {})
      : s({.certificates = {files.make("server", {.common_name = "server", .rsa_bits = 4096})}}, bounds), gate(s) {
    gate.finish_handshake();
    for (std::size_t i = 0; i < size; ++i) clients.push_back(std::make_unique<connection>(s));
    wait_for_sessions(s, std::to_string(size + 1));
    // Each of these is read in a turn of its own, in which a new session at least finds nothing to read and is polled from then on.
    for (std::size_t i = 0; i <= size; ++i) {
      gate.ask("/who");
      CHECK(gate.answer() == "[]");
    }
    gate.ask("/hold");
    s.wait_until_held();
  }
  static void greet(connection& c) {
    static_cast<void>(c.client->step());
    c.wait_until_delivered();
  }
  // Ends the turn, and holds the next where it has read what has come, and begun no handshake.
  void next_turn() {
    gate.ask("/hold");
    gate.wait_until_delivered();
    s.leave.release();
    CHECK(gate.answer() == "held");
    s.wait_until_held();
  }

  certificate_files files;
  stage s;
  connection gate;
  std::vector<std::unique_ptr<connection>> clients;
};

} // namespace

TEST_CASE("the subject of a verified client certificate is the request's principal") {
  certificate_files files;
  const auto ca = files.make("ca", {"Test CA"});
  const auto till = files.make("till", {.common_name = "till 7", .issuer = "ca"});
  stage s({.certificates = {files.make("server", {"server"})}, .client_ca = ca.certificate, .client_certificates = net::tls_options::clients::optional});
  connection known(s, {.certificate = till.certificate.string(), .key = till.key.string()}), nobody(s);
  known.finish_handshake();
  nobody.finish_handshake();
  for (int i = 0; i < 2; ++i) { // on every request of the session
    known.ask("/who");
    CHECK(known.answer() == "[CN=till 7]");
    nobody.ask("/who");
    CHECK(nobody.answer() == "[]");
  }
}

TEST_CASE("many handshakes at once are done in turns, and a session that asks meanwhile is answered between them") {
  certificate_files files;
  // Signing with RSA of 4096 bits takes a good part of a turn's time or more, on any machine.
  stage s({.certificates = {files.make("server", {.common_name = "server", .rsa_bits = 4096})}});
  connection holding(s), asking(s);
  holding.finish_handshake();
  asking.finish_handshake();
  asking.ask("/who");
  CHECK(asking.answer() == "[]");
  std::vector<std::unique_ptr<connection>> many;
  for (int i = 0; i < 60; ++i) many.push_back(std::make_unique<connection>(s));
  wait_for_sessions(s, "62");
  // While the only connection actor is held, sixty hellos come and one request behind them; then it finds them all at once.
  holding.ask("/hold");
  s.wait_until_held();
  for (const auto& c : many) static_cast<void>(c->client->step());
  asking.ask("/who");
  s.leave.release();
  CHECK(asking.answer() == "[]");
  for (int i = 0; i < 3; ++i) { // what comes while handshakes are done does not wait for all of them
    asking.ask("/who");
    CHECK(asking.answer() == "[]");
  }
  int greeted = 0;
  for (const auto& c : many) greeted += c->is_readable(0) ? 1 : 0;
  CHECK(greeted < 30);
  CHECK(holding.answer() == "held");
  for (const auto& c : many) {
    c->finish_handshake();
    c->ask("/who");
    CHECK(c->answer() == "[]");
  }
  CHECK(metric(s, R"(troupe_tls_handshakes_total{listener="public",outcome="ok",version="1.3"})") == "62");
  CHECK(metric(s, R"(troupe_tls_handshakes_total{listener="public",outcome="failed",version="none"})") == "0");
}

TEST_CASE("handshakes beyond a turn's share are done in the order in which their hellos have come") {
  constexpr std::size_t count = 8;
  queue q(count + 1);
  std::reverse(q.clients.begin(), q.clients.end()); // not the order in which they were accepted
  for (std::size_t i = 0; i < count; ++i) queue::greet(*q.clients[i]);
  q.next_turn();
  queue::greet(*q.clients[count]); // when the others wait already
  for (std::size_t i = 0; i <= count; ++i) {
    CAPTURE(i);
    CHECK_FALSE(q.clients[count]->is_readable(0));
    q.next_turn();
    CHECK(q.clients[i]->is_readable(patience_ms)); // has its answer after as many turns as stood before it
  }
  q.s.leave.release();
  for (const auto& c : q.clients) {
    c->finish_handshake();
    c->ask("/who");
    CHECK(c->answer() == "[]");
  }
}

TEST_CASE("a handshake whose time is up while it waits for its turn is not begun, and its session ends") {
  server::limits bounds;
  bounds.tls_handshake_timeout = std::chrono::milliseconds(2'000);
  queue q(4, bounds);
  for (const auto& c : q.clients) queue::greet(*c);
  q.next_turn();
  CHECK_FALSE(q.clients.back()->is_readable(2'200)); // the deadline passes while all wait
  q.s.leave.release();
  char byte = 0;
  REQUIRE(q.clients.back()->is_readable(patience_ms));
  CHECK(::recv(q.clients.back()->socket.fd(), &byte, 1, 0) <= 0); // the end, without a word
  CHECK(q.gate.answer() == "held");
  q.gate.ask("/who");
  CHECK(q.gate.answer() == "[]");
  wait_for_sessions(q.s, "1");
  CHECK(metric(q.s, R"(troupe_tls_handshakes_total{listener="public",outcome="timed_out",version="none"})") == "4");
  CHECK(metric(q.s, R"(troupe_tls_handshakes_total{listener="public",outcome="ok",version="1.3"})") == "1");
}
