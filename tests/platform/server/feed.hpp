#pragma once

#include "platform/actor/serve.hpp"
#include "platform/actor/service.hpp"
#include "platform/actor/supervisor.hpp"
#include "platform/actor/system.hpp"
#include "platform/server/channel_endpoint.hpp"
#include "platform/server/messages.hpp"
#include "platform/server/server.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::server::test {

struct topic {
  std::string name;
};
struct word {
  std::string text;
};

using word_channel = channel_handle<word>;
using feed_opened = channel_opened<topic, word>;
using feed_received = channel_received<word, word>;
using feed_closed = channel_closed<word>;

/// A service whose channels do what the client's words say; see feed.cpp.
using feed_actor = caf::typed_actor<caf::result<void>(actor::envelope, feed_opened), caf::result<void>(actor::envelope, feed_received),
                                    caf::result<void>(actor::envelope, feed_closed)>;

/// What the service has seen, for the test to wait for.
class diary {
 public:
  void add(std::string what) {
    const std::lock_guard lock(guard_);
    entries_.push_back(std::move(what));
    changed_.notify_all();
  }
  void opened(word_channel channel) {
    const std::lock_guard lock(guard_);
    channels_.push_back(std::move(channel));
    changed_.notify_all();
  }
  /// Waits at most 20 s.
  bool has(std::string_view what, std::size_t times = 1);
  std::size_t count(std::string_view what);
  std::optional<word_channel> channel(std::size_t number = 0);

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<std::string> entries_;
  std::vector<word_channel> channels_;
};

/// A server with the feed at /feed (closes slow readers), /ticker (drops their oldest messages) and /secret (never compresses), and a plain route at
/// /plain.
class feed_server {
 public:
  explicit feed_server(std::chrono::milliseconds service_timeout = std::chrono::seconds(20), limits bounds = {});
  ~feed_server();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void stop() {
    if (server_) server_->stop(std::chrono::seconds(5));
    server_.reset();
  }
  [[nodiscard]] std::string metrics() { return registry_.expose(); }
  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }
  [[nodiscard]] std::int64_t in_flight() const { return slot_->in_flight.count(); }

  std::shared_ptr<diary> seen = std::make_shared<diary>();

 private:
  std::unique_ptr<net::poller> poller_ = std::move(*net::poller::open());
  actor::system_config config_{{2}, *poller_};
  metrics::registry registry_;
  routes routes_;
  std::shared_ptr<actor::service_slot> slot_ = std::make_shared<actor::service_slot>("feed", 0, 1, 1000);
  std::unique_ptr<caf::actor_system> system_;
  caf::actor supervisor_;
  std::unique_ptr<server> server_;
  std::uint16_t port_ = 0;
};

/// A client's blocking socket.
class feed_client {
 public:
  explicit feed_client(std::uint16_t port, int receive_buffer = 0);
  explicit feed_client(const feed_server& server, int receive_buffer = 0) : feed_client(server.port(), receive_buffer) {}
  ~feed_client();
  feed_client(const feed_client&) = delete;
  feed_client& operator=(const feed_client&) = delete;

  void send(std::string_view bytes);
  /// Up to and with the empty line.
  std::string read_head();
  /// Opens a channel: the answer's status line.
  std::string open(std::string_view path, std::string_view more_fields = "");
  void say(std::string_view text);
  /// "text:...", "compressed text:..." with its text, "binary:...", "ping:", "close 1000:reason", or "end" when the connection has ended.
  std::string read();

 private:
  bool fill(std::size_t bytes);
  int fd_ = -1;
  std::string buffer_;
};

} // namespace troupe::server::test

CAF_BEGIN_TYPE_ID_BLOCK(troupe_server_test, troupe::actor::type_ids::tests + 25)
  CAF_ADD_TYPE_ID(troupe_server_test, (troupe::server::test::word))
  CAF_ADD_TYPE_ID(troupe_server_test, (troupe::server::test::feed_opened))
  CAF_ADD_TYPE_ID(troupe_server_test, (troupe::server::test::feed_received))
  CAF_ADD_TYPE_ID(troupe_server_test, (troupe::server::test::feed_closed))
CAF_END_TYPE_ID_BLOCK(troupe_server_test)

TROUPE_LOCAL_MESSAGE(troupe::server::test::word)
