// A server with one streaming service, in this process, spoken to over sockets.

#include "platform/actor/serve.hpp"
#include "platform/actor/stream.hpp"
#include "platform/actor/system.hpp"
#include "platform/server/json_only.hpp"
#include "platform/server/server.hpp"

#include <caf/actor_system.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace troupe::server::test {

struct open_request {
  std::string kind;
};

using streamer = caf::typed_actor<caf::result<actor::stream_opened>(actor::envelope, open_request),
                                  caf::result<actor::stream_chunk>(actor::envelope, actor::next_chunk),
                                  caf::result<void>(actor::cancel_stream)>;

} // namespace troupe::server::test

CAF_BEGIN_TYPE_ID_BLOCK(troupe_streaming_test, troupe::actor::type_ids::tests)
  CAF_ADD_TYPE_ID(troupe_streaming_test, (troupe::server::test::open_request))
CAF_END_TYPE_ID_BLOCK(troupe_streaming_test)
TROUPE_LOCAL_MESSAGE(troupe::server::test::open_request)

namespace {

using server::test::open_request;
using server::test::streamer;

constexpr std::size_t chunk_bytes = 64 * 1024;

/// What the service says to the test's thread.
class probe {
 public:
  void made_chunk() {
    const std::lock_guard lock(guard_);
    ++chunks_;
  }
  void cancelled() {
    const std::lock_guard lock(guard_);
    ++cancels_;
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t chunks() {
    const std::lock_guard lock(guard_);
    return chunks_;
  }
  [[nodiscard]] bool wait_cancelled(std::size_t count = 1) {
    std::unique_lock lock(guard_);
    return changed_.wait_for(lock, 20s, [&] { return cancels_ >= count; });
  }

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::size_t chunks_ = 0;
  std::size_t cancels_ = 0;
};

struct streamer_state {
  streamer_state(metrics::registry& registry, std::shared_ptr<probe> p) : streams(registry, "streamer", 0, 4), seen(std::move(p)) {}
  actor::open_streams streams;
  std::shared_ptr<probe> seen;
  caf::typed_response_promise<actor::stream_chunk> never; // what a slow stream's caller waits for
  caf::typed_response_promise<actor::stream_opened> held;  // the same, without a stream
  caf::typed_response_promise<actor::stream_opened> later; // what is answered when the test says so, by a cancel of no stream
};

actor::stream_chunk chunk_of(char c, std::size_t bytes, bool is_last = false) {
  return {base::shared_bytes(std::string(bytes, c)), is_last};
}

actor::open_streams::source source_of(const std::string& kind, std::shared_ptr<probe> seen) {
  return [kind, seen, made = 0]() mutable -> actor::stream_chunk {
    seen->made_chunk();
    ++made;
    if (kind == "endless") return chunk_of('e', chunk_bytes);
    if (kind == "empty") return {{}, true};
    if (kind == "one") return chunk_of('o', 5, true);
    if (kind == "huge") return chunk_of('h', actor::stream_chunk::most_bytes + 1);
    if (kind.starts_with("of ") && made == std::stoi(kind.substr(3))) return chunk_of('l', chunk_bytes, true);
    if (kind.starts_with("of ")) return chunk_of('f', chunk_bytes);
    if (kind == "fault" && made == 2) return {{}, false};
    if (kind == "slow" && made == 2) return {base::shared_bytes("slow"), false};
    if (kind == "die" && made == 2) throw std::runtime_error("the stream's source is broken");
    return chunk_of(static_cast<char>('a' + made - 1), 1000, made == 3);
  };
}

streamer::behavior_type streaming(streamer::pointer self, const actor::service_metrics& m, std::shared_ptr<streamer_state> state) {
  return actor::serve<streamer>(
      self, m,
      [self, state](const actor::envelope&, const open_request& request) -> caf::result<actor::stream_opened> {
        if (request.kind == "refuse") return actor::to_caf({base::errc::conflict, "no stream today"});
        if (request.kind == "crash") throw std::runtime_error("broken");
        if (request.kind == "later") return state->later = self->make_response_promise<actor::stream_opened>();
        if (request.kind == "held") {
          state->held = self->make_response_promise<actor::stream_opened>();
          state->seen->made_chunk(); // the test may answer it now
          return state->held;
        }
        auto opened = state->streams.open(source_of(request.kind, state->seen));
        if (opened.has_error()) return actor::to_caf(opened.error());
        return *opened;
      },
      [self, state](const actor::envelope&, const actor::next_chunk& request) -> caf::result<actor::stream_chunk> {
        auto chunk = state->streams.next(request);
        if (chunk.has_error()) return actor::to_caf(chunk.error());
        if (chunk->bytes.view() == "slow") {
          state->never = self->make_response_promise<actor::stream_chunk>();
          return state->never;
        }
        return *chunk;
      },
      [state](const actor::cancel_stream& request) {
        state->streams.cancel(request);
        if (state->held.pending()) state->held.deliver(actor::stream_opened{});
        if (state->later.pending()) state->later.deliver(*state->streams.open(source_of("one", state->seen)));
        if (state->never.pending()) state->never.deliver(actor::stream_chunk{{}, true});
        state->seen->cancelled();
      });
}

[[maybe_unused]] const bool registered = [] {
  actor::register_platform_types();
  caf::init_global_meta_objects<caf::id_block::troupe_server>();
  caf::init_global_meta_objects<caf::id_block::troupe_streaming_test>();
  return true;
}();

/// The server with its service and routes.
struct world {
  explicit world(const server::limits& bounds = {}) {
    const auto state = std::make_shared<streamer_state>(registry, seen);
    auto handle = system.spawn([this, state](streamer::pointer self) { return streaming(self, measured, state); });
    slot->set(0, caf::actor_cast<caf::strong_actor_ptr>(handle));
    const actor::service<streamer> service(slot);
    const auto decode = [](const http::request& r) -> base::result<open_request> {
      return open_request{r.query_parameter("kind").value_or("")};
    };
    const auto encode = [](const actor::stream_opened&) {
      http::response r;
      r.content_type = "text/plain";
      return r;
    };
    routes.get("/stream", server::stream_from(service, decode, encode)).within(300ms);
    routes.get("/brief", server::call(service, decode, encode)).within(300ms);
    routes.get("/patient", server::call(service, decode, encode)).within(20s);
    routes.get("/alone", server::call(service, decode, encode)).within(20s).one_at_a_time();
    routes.post("/json-stream", server::json_only(server::stream_from(service, decode, encode))).within(300ms);
    routes.post("/now", server::respond([](const http::request& r) { return http::json_response(200, std::string(r.body)); }));
    routes.get("/now", server::respond([](const http::request&) { return http::json_response(200, "{}"); }));
    routes.get("/status", server::respond([](const http::request& r) {
                 http::response wrong;
                 wrong.status = static_cast<std::uint16_t>(std::stoul(r.query_parameter("n").value_or("0")));
                 return wrong;
               }));
    listening = server::server::start(system, {.connection_actors = 1, .limits = bounds}, routes, registry, *poller).value();
  }
  ~world() {
    listening->stop(0ms);
    for (const auto& handle : slot->handles()) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    slot->set(0, nullptr);
  }

  [[nodiscard]] std::int64_t in_flight() const { return slot->in_flight.count(); }
  [[nodiscard]] std::int64_t sessions() { return registry.gauge("troupe_http_sessions", "", {{"listener", "public"}}).value(); }
  [[nodiscard]] std::uint64_t timed_out() {
    return registry.counter("troupe_http_sessions_timed_out_total", "", {{"listener", "public"}}).value();
  }
  void answer_later_ones() {
    for (const auto& handle : slot->handles()) caf::anon_send(caf::actor_cast<streamer>(handle), actor::cancel_stream{0});
  }
  [[nodiscard]] std::uint64_t cut() {
    return registry.counter("troupe_http_streams_cut_total", "", {{"listener", "public"}}).value();
  }

  std::shared_ptr<probe> seen = std::make_shared<probe>();
  std::unique_ptr<net::poller> poller = std::move(*net::poller::open());
  actor::system_config config{{2}, *poller};
  metrics::registry registry;
  actor::service_metrics measured{registry, "streamer", 0};
  server::routes routes;
  std::shared_ptr<actor::service_slot> slot = std::make_shared<actor::service_slot>("streamer", 0, 1, 8);
  caf::actor_system system{config};
  std::unique_ptr<server::server> listening;
};

/// A client that waits, but not for ever.
class client {
 public:
  explicit client(const world& w, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{20, 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(w.listening->where().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  void send(const std::string& bytes) { REQUIRE(::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())); }
  void ask(const std::string& target, const std::string& method = "GET", const std::string& version = "1.1") {
    send(method + " " + target + " HTTP/" + version + "\r\nHost: t\r\n\r\n");
  }
  /// Everything up to and with this text.
  std::string until(const std::string& text) {
    while (bytes_.find(text) == std::string::npos) {
      if (!more()) break;
    }
    const auto end = bytes_.find(text);
    REQUIRE(end != std::string::npos);
    const auto taken = bytes_.substr(0, end + text.size());
    bytes_.erase(0, taken.size());
    return taken;
  }
  std::string to_end() {
    while (more()) {}
    return std::exchange(bytes_, {});
  }
  std::string head() { return until("\r\n\r\n"); }
  std::string chunk() {
    const auto line = until("\r\n");
    const auto size = std::stoul(line, nullptr, 16);
    while (bytes_.size() < size + 2) REQUIRE(more());
    const auto data = bytes_.substr(0, size);
    REQUIRE(bytes_.substr(size, 2) == "\r\n");
    bytes_.erase(0, size + 2);
    return data;
  }
  [[nodiscard]] int last_error() const { return error_; }
  void close() { socket_ = net::socket(); }
  void finish() { REQUIRE(::shutdown(socket_.fd(), SHUT_WR) == 0); }

 private:
  bool more() {
    char buffer[65536];
    const auto got = ::recv(socket_.fd(), buffer, sizeof buffer, 0);
    if (got < 0) error_ = errno;
    if (got <= 0) return false;
    bytes_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  net::socket socket_;
  std::string bytes_;
  int error_ = 0;
};

} // namespace

TEST_CASE("RFC 9112 7.1: a streamed answer comes in chunks, and the connection goes on behind it") {
  world w;
  client c(w);
  c.ask("/stream?kind=three");
  const auto head = c.head();
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.find("Content-Type: text/plain\r\n") != std::string::npos);
  CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  CHECK(c.chunk() == std::string(1000, 'a'));
  CHECK(c.chunk() == std::string(1000, 'b'));
  CHECK(c.chunk() == std::string(1000, 'c'));
  CHECK(c.chunk().empty());
  c.ask("/stream?kind=one");
  static_cast<void>(c.head());
  CHECK(c.until("0\r\n\r\n") == "5\r\nooooo\r\n0\r\n\r\n");
  c.ask("/stream?kind=empty");
  static_cast<void>(c.head());
  CHECK(c.until("0\r\n\r\n") == "0\r\n\r\n");
  c.ask("/now");
  CHECK(c.until("{}").starts_with("HTTP/1.1 200 OK"));
  CHECK(w.in_flight() == 0);
  CHECK(w.cut() == 0);
}

TEST_CASE("RFC 9112 6.3: in HTTP/1.0 the end of the connection ends a streamed body") {
  world w;
  client c(w);
  c.send("GET /stream?kind=three HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto head = c.head();
  CHECK(head.find("Connection: close\r\n") != std::string::npos);
  CHECK(head.find("Transfer-Encoding") == std::string::npos);
  CHECK(c.to_end() == std::string(1000, 'a') + std::string(1000, 'b') + std::string(1000, 'c'));
  CHECK(c.last_error() == 0);
}

TEST_CASE("what comes behind a request whose answer ends the connection is dropped, however long the client holds its side open") {
  server::limits bounds;
  bounds.linger_timeout = 100ms;
  world w(bounds);
  for (const std::string behind : {"G", "GET /now HTTP/1.1\r\nHost: t\r\n\r\n", "POST /now HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"}) {
    client c(w);
    c.send("GET /stream?kind=three HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + behind);
    CHECK(c.head().find("Connection: close\r\n") != std::string::npos);
    CHECK(c.to_end() == std::string(1000, 'a') + std::string(1000, 'b') + std::string(1000, 'c'));
    while (w.sessions() > 0) std::this_thread::yield(); // the time to linger is over
  }
  client c(w);
  c.ask("/now");
  CHECK(c.until("{}").starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("a request that does not come in time takes no answer from those before it") {
  server::limits bounds;
  bounds.head_timeout = bounds.body_timeout = 100ms;
  world w(bounds);
  std::uint64_t timed_out = 0;
  for (const std::string incomplete : {"G", "GET /now HTTP/1.1\r\nHos", "POST /now HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab"}) {
    client c(w);
    c.send("GET /patient?kind=held HTTP/1.1\r\nHost: t\r\n\r\n" + incomplete);
    ++timed_out;
    while (w.timed_out() < timed_out) std::this_thread::yield();
    w.answer_later_ones();
    CHECK(c.head().starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(c.to_end().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  }
}

TEST_CASE("a request that does not come in time takes no deadline from those before it") {
  server::limits bounds;
  bounds.head_timeout = 100ms;
  world w(bounds);
  client c(w);
  c.send("GET /brief?kind=held HTTP/1.1\r\nHost: t\r\n\r\nG"); // it is never answered
  CHECK(c.head().starts_with("HTTP/1.1 504 Gateway Timeout\r\n"));
  CHECK(c.to_end().find("HTTP/1.1 408 Request Timeout\r\n") != std::string::npos);
}

TEST_CASE("a session has one stream at a time: what it asks behind one waits until that has ended") {
  world w;
  client c(w);
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /stream?kind=slow HTTP/1.1\r\nHost: t\r\n\r\n";
  c.send(requests);
  static_cast<void>(c.head());
  static_cast<void>(c.chunk()); // the service has four streams at most
  client other(w);
  other.ask("/stream?kind=three");
  CHECK(other.head().starts_with("HTTP/1.1 200 OK"));
  CHECK(w.in_flight() <= 2);
}

TEST_CASE("what comes behind a request that stands alone waits for its answer, and is then answered however it came") {
  const std::string post = "POST /now HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n";
  struct follower {
    std::string at_once, later; // `later` is sent once the first answer is here
    std::string answered;
  };
  const std::vector<follower> examples{
      {"GET /now HTTP/1.1\r\nHost: t\r\n\r\n", "", "{}"},
      {"GET /n", "ow HTTP/1.1\r\nHost: t\r\n\r\n", "{}"},
      {"", "GET /now HTTP/1.1\r\nHost: t\r\n\r\n", "{}"},
      {post + "\r\nab", "cde", "abcde"},
      {post + "\r\n", "abcde", "abcde"},
      {post + "Expect: 100-continue\r\n\r\n", "abcde", "abcde"},
  };
  world w;
  std::size_t held = 0;
  for (const auto& example : examples) {
    for (const bool finishes : {false, true}) {
      CAPTURE(example.at_once, finishes);
      client c(w);
      c.send("GET /alone?kind=held HTTP/1.1\r\nHost: t\r\n\r\n" + example.at_once);
      if (finishes && example.later.empty()) c.finish();
      ++held;
      while (w.seen->chunks() < held) std::this_thread::yield();
      w.answer_later_ones();
      CHECK(c.head().starts_with("HTTP/1.1 200 OK\r\n"));
      if (!example.later.empty()) c.send(example.later);
      if (finishes && !example.later.empty()) c.finish();
      auto head = c.head();
      if (head.starts_with("HTTP/1.1 100 ")) head = c.head();
      CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(c.until(example.answered) == example.answered);
      if (finishes) CHECK(c.to_end().empty());
    }
  }
}

TEST_CASE("a stream behind json_only is a stream") {
  world w;
  client c(w);
  c.send("POST /json-stream?kind=three HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(c.head().find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(c.chunk() == std::string(1000, 'a'));
  CHECK(c.until("0\r\n\r\n").size() > 2000);
}

TEST_CASE("C-63: in HTTP/1.0 a stream of which not all has left ends with a reset, also when its last chunk waits here") {
  server::limits bounds;
  bounds.write_timeout = 100ms;
  world w(bounds);
  std::size_t most = 0; // chunks that are asked for until a client that does not read holds them up
  {
    client c(w, 4096);
    c.ask("/stream?kind=endless", "GET", "1.0");
    REQUIRE(w.seen->wait_cancelled());
    most = w.seen->chunks();
    REQUIRE(most > 2);
  }
  for (std::size_t count = most - 2; count <= most + 1; ++count) {
    client c(w, 4096);
    c.ask("/stream?kind=of%20" + std::to_string(count), "GET", "1.0");
    while (w.sessions() > 0) std::this_thread::yield(); // or it is over: the last bytes are the kernel's
    static_cast<void>(c.head());
    const auto body = c.to_end();
    CAPTURE(count, body.size());
    CHECK((body.size() == count * chunk_bytes) == (c.last_error() == 0));
  }
}

TEST_CASE("C-63: in HTTP/1.0 a stream whose client took too long ends with a reset, as its end would look like that of the body") {
  server::limits bounds;
  bounds.write_timeout = 100ms;
  world w(bounds);
  client c(w, 4096);
  c.ask("/stream?kind=endless", "GET", "1.0");
  CHECK(w.seen->wait_cancelled());
  CHECK_FALSE(c.to_end().empty());
  CHECK(c.last_error() == ECONNRESET);
}

TEST_CASE("C-73: HEAD of a stream has its head alone, and the service is told that nobody reads") {
  world w;
  client c(w);
  c.ask("/stream?kind=endless", "HEAD");
  CHECK(c.head().find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  c.ask("/now");
  CHECK(c.head().find("Content-Length: 2\r\n") != std::string::npos);
  CHECK(w.seen->wait_cancelled());
  CHECK(w.seen->chunks() == 0);
  CHECK(w.in_flight() == 0);
}

TEST_CASE("C-68: pipelined requests wait behind a stream and are answered in order") {
  world w;
  client c(w);
  c.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\nGET /stream?kind=one HTTP/1.1\r\nHost: t\r\n\r\n"
         "GET /stream?kind=one HTTP/1.1\r\nHost: t\r\n\r\nGET /now HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  CHECK(c.until("{}").find("chunked") == std::string::npos);
  for (int i = 0; i < 2; ++i) {
    CHECK(c.head().find("chunked") != std::string::npos);
    CHECK(c.chunk() == "ooooo");
    CHECK(c.chunk().empty());
  }
  CHECK(c.head().find("Connection: close\r\n") != std::string::npos);
  CHECK(c.to_end() == "{}");
}

TEST_CASE("C-63: a client that does not read is not streamed to, and the service is told when it leaves") {
  world w;
  client c(w, 4096);
  c.ask("/stream?kind=endless");
  static_cast<void>(c.head());
  // What the kernel's buffers and two chunks hold, and then no more: several times the chunk's deadline passes meanwhile for others.
  client other(w);
  std::size_t before = 0;
  std::size_t settled = w.seen->chunks();
  for (int quiet = 0; quiet < 20; quiet = settled == before ? quiet + 1 : 0) {
    before = settled;
    for (int i = 0; i < 50; ++i) {
      other.ask("/now");
      static_cast<void>(other.until("{}"));
    }
    settled = w.seen->chunks();
  }
  CHECK(settled >= 2);
  CHECK(settled * chunk_bytes < 16'000'000);
  CHECK(w.in_flight() == 1);
  c.close();
  CHECK(w.seen->wait_cancelled());
  other.ask("/now");
  static_cast<void>(other.until("{}"));
}

TEST_CASE("a slow reader gets all of an endless stream that it wants") {
  world w;
  client c(w, 4096);
  c.ask("/stream?kind=endless");
  static_cast<void>(c.head());
  for (int i = 0; i < 200; ++i) REQUIRE((c.chunk() == std::string(chunk_bytes, 'e')));
  CHECK(w.seen->chunks() < 400);
  c.close();
  CHECK(w.seen->wait_cancelled());
}

TEST_CASE("before the head a failing service is answered as any other") {
  world w;
  client c(w);
  c.ask("/stream?kind=refuse");
  CHECK(c.until("}").starts_with("HTTP/1.1 409 Conflict\r\n"));
  c.ask("/stream?kind=crash");
  CHECK(c.until("}").starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
  w.slot->set(0, nullptr);
  c.ask("/stream?kind=one");
  CHECK(c.until("}").starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(w.in_flight() == 0);
}

TEST_CASE("RFC 9112 8: a stream that its service does not complete has no last chunk") {
  const std::string kind = GENERATE("die", "huge", "fault", "slow");
  CAPTURE(kind);
  world w;
  client c(w);
  c.ask("/stream?kind=" + kind);
  CHECK(c.head().starts_with("HTTP/1.1 200 OK"));
  const auto rest = c.to_end();
  CHECK(rest == (kind == "huge" ? "" : "3e8\r\n" + std::string(1000, 'a') + "\r\n"));
  CHECK(w.cut() == 1);
  if (kind != "die") {
    CHECK(w.seen->wait_cancelled());
    client again(w);
    again.ask("/now"); // behind the cancelled stream's last reply
    static_cast<void>(again.until("{}"));
    CHECK(w.in_flight() == 0);
  }
}

TEST_CASE("in HTTP/1.0 a stream that is not completed ends in a reset, so that it is not taken for whole") {
  world w;
  client c(w);
  c.send("GET /stream?kind=slow HTTP/1.0\r\n\r\n");
  CHECK(c.head().starts_with("HTTP/1.1 200 OK"));
  static_cast<void>(c.to_end());
  CHECK(c.last_error() == ECONNRESET);
}

TEST_CASE("a service streams to as many as it may, and the next is told to come again") {
  world w;
  std::vector<std::unique_ptr<client>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(std::make_unique<client>(w, 4096));
    readers.back()->ask("/stream?kind=endless");
    static_cast<void>(readers.back()->head());
  }
  client late(w);
  late.ask("/stream?kind=one");
  CHECK(late.until("}").starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  readers.clear();
  CHECK(w.seen->wait_cancelled(4));
  late.ask("/stream?kind=one");
  static_cast<void>(late.head());
  CHECK(late.chunk() == "ooooo");
}

TEST_CASE("RFC 9110 15: a status that is no final one never reaches the client as if it were") {
  world w;
  client c(w);
  for (const auto* number : {"0", "7", "100", "103", "199", "600", "1000", "65535"}) {
    CAPTURE(number);
    c.ask(std::string("/status?n=") + number);
    CHECK(c.until("}").starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
  }
  c.ask("/status?n=599");
  CHECK(c.head().starts_with("HTTP/1.1 599 "));
}

TEST_CASE("a server that stops tells the services of its streams") {
  world w;
  client c(w, 4096);
  c.ask("/stream?kind=endless");
  static_cast<void>(c.head());
  w.listening->stop(0ms);
  CHECK(w.seen->wait_cancelled());
}
