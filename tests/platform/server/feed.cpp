#include "tests/platform/server/feed.hpp"

#include "platform/websocket/message_inflater.hpp"
#include "tests/platform/websocket/client_frame.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace troupe::server::test {

namespace {

// CAF must know all types before the first actor system of the program.
[[maybe_unused]] const bool registered = [] {
  actor::register_platform_types();
  caf::init_global_meta_objects<caf::id_block::troupe_server>();
  caf::init_global_meta_objects<caf::id_block::troupe_server_test>();
  return true;
}();

using promises = std::vector<caf::typed_response_promise<void>>;

caf::result<void> obey(feed_actor::pointer self, diary& seen, promises& kept, const feed_received& received) {
  const auto& text = received.message.text;
  seen.add("got " + text);
  if (text == "throw") throw std::runtime_error("told to");
  if (text == "quit") self->quit(caf::exit_reason::kill);
  if (text == "error") return actor::to_caf({base::errc::invalid_argument, "no such word"});
  if (text.starts_with("keep")) {
    kept.push_back(self->make_response_promise<void>());
    return kept.back();
  }
  if (text == "release") {
    for (auto& promise : kept) promise.deliver();
    kept.clear();
  }
  if (text == "close") received.channel.close(self, 4001, "as told");
  if (text == "close badly") received.channel.close(self, 1005);
  received.channel.send(self, {"re " + text});
  return {};
}

feed_actor::behavior_type feed(feed_actor::pointer self, actor::service_metrics metrics, std::shared_ptr<diary> seen) {
  auto kept = std::make_shared<promises>();
  return actor::serve<feed_actor>(
      self, metrics,
      [self, seen](const actor::envelope&, const feed_opened& opened) -> caf::result<void> {
        seen->add("opened " + opened.request.name);
        seen->opened(opened.channel);
        if (opened.request.name == "refuse") return actor::to_caf({base::errc::not_found, "no such topic"});
        if (opened.request.name == "greet") opened.channel.send(self, {"welcome"});
        if (opened.request.name == "never mind") opened.channel.close(self, 4002);
        return {};
      },
      [self, seen, kept](const actor::envelope&, const feed_received& received) { return obey(self, *seen, *kept, received); },
      [seen](const actor::envelope&, const feed_closed& closed) {
        seen->add("closed " + std::to_string(closed.code) + ":" + closed.reason);
      });
}

base::result<topic> open_topic(const http::request& request) {
  auto name = request.query_parameter("topic");
  if (!name) return base::fail(base::errc::invalid_argument, "the query needs a topic");
  return topic{*name};
}

base::result<word> decode_word(const incoming& message) {
  if (!message.is_text) return base::fail(base::errc::unimplemented, "only text is understood");
  if (message.bytes == "undecodable") throw std::runtime_error("a decoder's mistake");
  return word{std::string(message.bytes)};
}

outgoing encode_word(const word& w) { return {true, base::shared_bytes(w.text)}; }

} // namespace

bool diary::has(std::string_view what, std::size_t times) {
  std::unique_lock lock(guard_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
    return static_cast<std::size_t>(std::count(entries_.begin(), entries_.end(), what)) >= times;
  });
}

std::size_t diary::count(std::string_view what) {
  const std::lock_guard lock(guard_);
  return static_cast<std::size_t>(std::count(entries_.begin(), entries_.end(), what));
}

std::optional<word_channel> diary::channel(std::size_t number) {
  std::unique_lock lock(guard_);
  if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return channels_.size() > number; })) return std::nullopt;
  return channels_[number];
}

feed_server::feed_server(std::chrono::milliseconds service_timeout, limits bounds)
    : system_(std::make_unique<caf::actor_system>(config_)) {
  supervisor_ = actor::supervise(*system_, slot_, [this](std::size_t replica) {
    return caf::actor_cast<caf::strong_actor_ptr>(system_->spawn(feed, actor::service_metrics(registry_, "feed", replica), seen));
  });
  const actor::service<feed_actor> service(slot_);
  channel_options dropping;
  dropping.when_full = channel_options::overflow::drop_oldest;
  dropping.gap_marker = [](std::uint64_t dropped) { return outgoing{true, base::shared_bytes("gap " + std::to_string(dropped))}; };
  routes_.websocket("/feed", converse(service, &open_topic, &decode_word, &encode_word)).within(service_timeout);
  routes_.websocket("/ticker", converse(service, &open_topic, &decode_word, &encode_word, dropping)).within(service_timeout);
  routes_.websocket("/secret", converse(service, &open_topic, &decode_word, &encode_word)).bears_secrets();
  routes_.get("/plain", respond([](const http::request&) { return http::response{}; }));
  server_options options;
  options.connection_actors = 1;
  bounds.sessions = 1000;
  options.limits = bounds;
  auto started = server::start(*system_, options, routes_, registry_, *poller_);
  REQUIRE(started.has_value());
  server_ = std::move(*started);
  port_ = server_->where().port;
}

feed_server::~feed_server() {
  stop();
  caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
  supervisor_ = nullptr;
  seen.reset(); // with the handles in it
  system_.reset();
}

feed_client::feed_client(std::uint16_t port, int receive_buffer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{20, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int at_once = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

feed_client::~feed_client() { ::close(fd_); }

void feed_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return; // the server has closed: what it said before is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool feed_client::fill(std::size_t bytes) {
  char piece[65536];
  while (buffer_.size() < bytes) {
    const auto got = ::recv(fd_, piece, sizeof piece, 0);
    if (got < 0 && errno == EAGAIN) FAIL("nothing came within 20 s");
    if (got <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(got));
  }
  return true;
}

std::string feed_client::read_head() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(buffer_.size() + 1)) return buffer_;
  }
  auto head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  if (const auto length = head.find("Content-Length: "); length != std::string::npos) {
    const auto body = static_cast<std::size_t>(std::stoul(head.substr(length + 16)));
    if (fill(body)) buffer_.erase(0, body);
  }
  return head;
}

std::string feed_client::open(std::string_view path, std::string_view more_fields) {
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  request.append(more_fields).append("\r\n");
  send(request);
  const auto head = read_head();
  return head.substr(0, head.find("\r\n"));
}

void feed_client::say(std::string_view text) { send(websocket::frame(0x81, text)); }

std::string feed_client::read() {
  if (!fill(2)) return "end";
  std::size_t size = static_cast<unsigned char>(buffer_[1]);
  std::size_t head = 2;
  if (size >= 126) {
    head = size == 126 ? 4 : 10;
    if (!fill(head)) return "end";
    size = 0;
    for (std::size_t i = 2; i < head; ++i) size = size << 8 | static_cast<unsigned char>(buffer_[i]);
  }
  if (!fill(head + size)) return "end";
  const unsigned kind = static_cast<unsigned char>(buffer_[0]);
  auto payload = buffer_.substr(head, size);
  buffer_.erase(0, head + size);
  switch (kind) {
  case 0x81: return "text:" + payload;
  case 0x82: return "binary:" + payload;
  case 0xC1: {
    websocket::message_inflater inflater;
    if (inflater.inflate(payload, 1 << 20, true) != websocket::message_inflater::outcome::complete) return "no DEFLATE";
    return "compressed text:" + std::string(inflater.message());
  }
  case 0x89: return "ping:" + payload;
  case 0x8A: return "pong:" + payload;
  case 0x88: {
    if (payload.size() < 2) return "close:";
    const unsigned code = static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
    return "close " + std::to_string(code) + ":" + payload.substr(2);
  }
  default: return "frame " + std::to_string(kind);
  }
}

} // namespace troupe::server::test
