#include "platform/server/server.hpp"

#include "platform/actor/system.hpp"
#include "platform/actor/type_ids.hpp"
#include "tests/platform/net/certificate_files.hpp"
#include "tests/platform/net/tls_client.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <memory>
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

// Keeps its connection actor busy until the test lets it go.
class hold final : public server::endpoint {
 public:
  hold(std::promise<void>& entered, std::shared_future<void> leave) : entered_(entered), leave_(std::move(leave)) {}
  std::optional<http::response> start(server::call_site&, const http::request&) const override {
    entered_.set_value();
    leave_.wait();
    return text("held");
  }
  http::response finish(const caf::message&) const override { return {}; }

 private:
  std::promise<void>& entered_;
  std::shared_future<void> leave_;
};

struct stage {
  explicit stage(net::tls_options tls) {
    auto opened = net::tls_source::open(std::move(tls));
    if (!opened) FAIL(opened.error().detail);
    source = std::move(*opened);
    routes.get("/who", std::make_shared<who>());
    routes.get("/hold", std::make_shared<hold>(entered, leave.get_future().share()));
    auto started = server::server::start(system, {.listening = {.defer_accept_s = 0}, .connection_actors = 1, .tls = source.get()}, routes, registry, *poller);
    if (!started) FAIL(started.error().detail);
    running = std::move(*started);
  }
  ~stage() { running->stop(std::chrono::milliseconds(0)); }

  std::promise<void> entered, leave;
  std::unique_ptr<net::tls_source> source;
  server::routes routes;
  troupe::metrics::registry registry;
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{1}, *poller};
  caf::actor_system system{config};
  std::unique_ptr<server::server> running;
};

constexpr int patience_ms = 20'000;

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
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (metric(s, R"(troupe_http_sessions{listener="public"})") != "62") {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::yield();
  }
  // While the only connection actor is held, sixty hellos come and one request behind them; then it finds them all at once.
  holding.ask("/hold");
  s.entered.get_future().wait();
  for (const auto& c : many) static_cast<void>(c->client->step());
  asking.ask("/who");
  s.leave.set_value();
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
