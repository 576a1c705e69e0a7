#pragma once

#include "platform/actor/system.hpp"
#include "platform/net/poller.hpp"
#include "platform/net/socket.hpp"
#include "platform/server/server.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>

namespace troupe::server::test {

/// A real server on a free port of 127.0.0.1, with the routes GET /client (the address that the request came from), any /length
/// (of the body), any /fields (the names of all that its handler sees), GET /failure, whose handler throws, and GET /held, whose handler waits to be let go. Ends with the fixture; one at a time, as the scheduler has one poller.
class running_server {
 public:
  explicit running_server(limits bounds = {}, troupe::server::proxies proxies = {});
  ~running_server();

  [[nodiscard]] std::uint16_t port() const { return server_->where().port; }
  /// All metrics, as GET /metrics shows them.
  [[nodiscard]] std::string exposition() const;
  /// Until GET /held is in its handler.
  void wait_until_held() { held_.acquire(); }
  /// Lets its handler answer.
  void let_go() { let_go_.release(); }

 private:
  std::binary_semaphore held_{0};
  std::binary_semaphore let_go_{0};
  metrics::registry registry_;
  std::unique_ptr<net::poller> poller_ = std::move(*net::poller::open());
  actor::system_config config_{{2}, *poller_};
  caf::actor_system system_{config_};
  troupe::server::routes routes_;
  std::unique_ptr<troupe::server::server> server_;
};

/// A client's connection, from an address of the loopback network.
class client {
 public:
  explicit client(std::uint16_t port, const char* from = "127.0.0.1");

  /// False: the server has closed.
  bool send(std::string_view bytes);
  /// What comes until the server closes, or until `end` has come; fails the test after ten seconds.
  std::string read_until(std::string_view end);
  /// Whether the server closes without a word.
  bool is_closed() { return read_until(std::string_view()).empty(); }
  /// The body of the answer to GET /client, or to another path.
  std::string ask(std::string_view fields = {}, std::string_view path = "/client");

 private:
  net::socket socket_;
  std::string received_;
};

} // namespace troupe::server::test
