// A crashing service as its clients see it: a whole server in this process, over real sockets.

#include "platform/actor/serve.hpp"
#include "platform/actor/system.hpp"
#include "platform/app/tier.hpp"
#include "platform/server/server.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace app_test {
struct question {
  std::string text;
};
struct answer {
  std::string text;
};
} // namespace app_test

CAF_BEGIN_TYPE_ID_BLOCK(troupe_app_test, troupe::actor::type_ids::tests)
  CAF_ADD_TYPE_ID(troupe_app_test, (app_test::question))
  CAF_ADD_TYPE_ID(troupe_app_test, (app_test::answer))
CAF_END_TYPE_ID_BLOCK(troupe_app_test)
TROUPE_LOCAL_MESSAGE(app_test::question)
TROUPE_LOCAL_MESSAGE(app_test::answer)

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using service = caf::typed_actor<caf::result<app_test::answer>(actor::envelope, app_test::question)>;

[[maybe_unused]] const bool registered = [] {
  caf::init_global_meta_objects<caf::id_block::troupe_app_test>();
  caf::init_global_meta_objects<caf::id_block::troupe_server>();
  return true;
}();

base::result<app_test::question> decode(const http::request& r) {
  if (r.query == "undecodable") throw std::runtime_error("a mistake in a route");
  return app_test::question{std::string(r.query)};
}

http::response encode(const app_test::answer& a) {
  if (a.text == "unencodable") throw std::runtime_error("a mistake in a route");
  http::response r;
  r.body = base::shared_bytes(a.text);
  return r;
}

struct running_server {
  running_server() {
    add("fragile");
    add("sturdy");
    clients = std::move(*server::server::start(system, {}, tier.routes(), registry, *poller));
  }
  ~running_server() {
    clients->stop(1s);
    tier.stop();
  }

  void add(const std::string& name) {
    app::tier::service_options options;
    options.supervision.restarts = {.most = 3, .window = 60s, .first_wait = 1ms, .longest_wait = 5ms};
    const auto started = tier.supervise<service>(name, options, [this, name](std::size_t replica) {
      return system.spawn([metrics = actor::service_metrics(registry, name, replica)](service::pointer self) {
        return actor::serve<service>(self, metrics, [](const actor::envelope&, const app_test::question& q) {
          if (q.text == "crash") throw std::runtime_error("a mistake in a service");
          return app_test::answer{q.text};
        });
      });
    });
    tier.routes().get("/" + name, server::call(started, &decode, &encode));
  }

  // The status of the answer to GET, on a connection of its own; 0: there was none.
  int ask(const std::string& target) const {
    const net::socket s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    ::setsockopt(s.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(clients->where().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(s.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const auto request = "GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    REQUIRE(::send(s.fd(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::recv(s.fd(), piece.data(), piece.size(), 0)) > 0;) text.append(piece.data(), static_cast<std::size_t>(got));
    return text.starts_with("HTTP/1.1 ") ? std::stoi(text.substr(9, 3)) : 0;
  }

  // Asks until the answer has the status. Bounded by the restart policy's waits and by count.
  bool comes_to(const std::string& target, int status) const {
    for (int i = 0; i < 2000; ++i) {
      if (ask(target) == status) return true;
    }
    return false;
  }

  metrics::registry registry;
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{2}, *poller};
  caf::actor_system system{config};
  app::tier tier{system, registry, "data", 2, 2};
  std::unique_ptr<server::server> clients;
};

} // namespace

TEST_CASE("C-89: a service that throws answers 500 to that request and is restarted; the others go on") {
  running_server s;
  CHECK(s.ask("/fragile?fine") == 200);
  for (int crash = 0; crash < 3; ++crash) {
    CHECK(s.ask("/fragile?crash") == 500);
    CHECK(s.ask("/sturdy?fine") == 200);
    CHECK(s.comes_to("/fragile?fine", 200));
  }
}

TEST_CASE("C-90: after too many crashes the service's routes answer 503 for good, and everything else goes on") {
  running_server s;
  for (int crash = 0; crash < 4; ++crash) {
    CHECK(s.comes_to("/fragile?fine", 200));
    CHECK(s.ask("/fragile?crash") == 500);
  }
  CHECK(s.comes_to("/fragile?fine", 503));
  for (int i = 0; i < 20; ++i) CHECK(s.ask("/fragile?fine") == 503);
  CHECK(s.ask("/sturdy?fine") == 200);
  CHECK(s.tier.health() == std::map<std::string, bool>{{"fragile", false}, {"sturdy", true}});
}

TEST_CASE("a route whose own code throws, before or after the service, answers 500 and nothing else is lost") {
  running_server s;
  CHECK(s.ask("/sturdy?undecodable") == 500);
  CHECK(s.ask("/sturdy?unencodable") == 500);
  CHECK(s.ask("/sturdy?fine") == 200);
}
