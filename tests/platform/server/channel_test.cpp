// Channels of a service behind a real listener.

#include "tests/platform/server/feed.hpp"
#include "tests/platform/websocket/client_frame.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::server::test;
using namespace std::chrono_literals;
using troupe::server::limits;
using troupe::websocket::client_frame;
using troupe::websocket::close_payload;
using troupe::websocket::frame;

namespace {

const std::string switching = "HTTP/1.1 101 Switching Protocols";

// The client's part of a close handshake that the server has begun.
void agree(feed_client& c, unsigned code) {
  c.send(frame(0x88, close_payload(code)));
  CHECK(c.read() == "end");
}

} // namespace

TEST_CASE("a service is told of the opening, of each message and of the end") {
  feed_server server;
  feed_client c(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  CHECK(server.seen->has("opened news"));
  for (const std::string text : {"one", "two", ""}) {
    c.say(text);
    CHECK(c.read() == "text:re " + text);
  }
  c.send(frame(0x88, close_payload(4000, "enough")));
  CHECK(c.read() == "close 4000:");
  CHECK(c.read() == "end");
  CHECK(server.seen->has("closed 4000:enough"));
  CHECK(server.in_flight() == 0);
}

TEST_CASE("a service sends whenever it likes, from any actor, even before its reply has opened the channel") {
  feed_server server;
  feed_client c(server);
  REQUIRE(c.open("/feed?topic=greet") == switching);
  CHECK(c.read() == "text:welcome");
  const auto channel = server.seen->channel();
  REQUIRE(channel);
  {
    caf::scoped_actor self(server.system());
    for (int i = 0; i < 100; ++i) CHECK(channel->send(self.ptr(), {std::to_string(i)}));
    const auto encoded = channel->encode({"encoded once"});
    CHECK(channel->send_encoded(self.ptr(), encoded));
    channel->close(self.ptr(), 1000, "all said");
  }
  for (int i = 0; i < 100; ++i) REQUIRE(c.read() == "text:" + std::to_string(i));
  CHECK(c.read() == "text:encoded once");
  CHECK(c.read() == "close 1000:all said");
  agree(c, 1000);
  CHECK(server.seen->has("closed 1000:all said"));
}

TEST_CASE("what is sent to a channel that has ended goes nowhere") {
  feed_server server;
  {
    feed_client c(server);
    REQUIRE(c.open("/feed?topic=news") == switching);
  }
  CHECK(server.seen->has("closed 1006:"));
  feed_client other(server); // takes the place of the first
  REQUIRE(other.open("/feed?topic=other") == switching);
  const auto channel = server.seen->channel(0);
  REQUIRE(channel);
  CHECK_FALSE(channel->has_credit());
  CHECK(server.seen->channel(1)->has_credit());
  CHECK_FALSE(*channel == *server.seen->channel(1));
  {
    caf::scoped_actor self(server.system());
    CHECK_FALSE(channel->send(self.ptr(), {"late"}));
    channel->close(self.ptr());
  }
  other.say("hi");
  CHECK(other.read() == "text:re hi");
}

TEST_CASE("C-79: an opening that the service or the route refuses is answered in HTTP, and the connection goes on") {
  feed_server server;
  feed_client c(server);
  CHECK(c.open("/feed?topic=refuse") == "HTTP/1.1 404 Not Found");
  CHECK(server.seen->has("closed 1006:")); // one end for each opening
  CHECK(c.open("/feed") == "HTTP/1.1 400 Bad Request");
  CHECK(c.open("/feed?topic=news", "Origin: https://evil.example.org\r\n") == "HTTP/1.1 403 Forbidden");
  CHECK(c.open("/plain") == "HTTP/1.1 200 OK");
  CHECK(c.open("/feed?topic=news") == switching);
  c.say("hi");
  CHECK(c.read() == "text:re hi");
}

TEST_CASE("a channel that the service closes before it is open is opened and closed") {
  feed_server server;
  feed_client c(server);
  REQUIRE(c.open("/feed?topic=never%20mind") == switching);
  CHECK(c.read() == "close 4002:");
  agree(c, 4002);
}

TEST_CASE("a service closes with a code that may be sent, and another becomes 1011") {
  feed_server server;
  feed_client c(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  c.say("close");
  CHECK(c.read() == "close 4001:as told");
  agree(c, 4001);
  feed_client d(server);
  REQUIRE(d.open("/feed?topic=news") == switching);
  d.say("close badly");
  CHECK(d.read() == "close 1011:");
  agree(d, 1011);
}

TEST_CASE("a service that throws, and one that ends, close their channels with 1011 and come back") {
  for (const std::string how : {"throw", "quit"}) {
    INFO(how);
    feed_server server;
    feed_client c(server);
    feed_client bystander(server);
    REQUIRE(c.open("/feed?topic=news") == switching);
    REQUIRE(bystander.open("/feed?topic=news") == switching);
    c.say(how);
    auto said = c.read();
    if (said == "text:re quit") said = c.read(); // it finished its sentence
    CHECK(said.starts_with("close 1011:"));
    agree(c, 1011);
    CHECK(bystander.read().starts_with("close 1011:")); // what the service knew of it is gone
    agree(bystander, 1011);
    std::string status;
    do { // until the supervisor has started another
      feed_client again(server);
      status = again.open("/feed?topic=again");
    } while (status.starts_with("HTTP/1.1 503"));
    CHECK(status == switching);
  }
}

TEST_CASE("an error of the service or of the decoder ends the channel with a code that says whose fault it is") {
  const struct {
    std::string sent, said;
  } cases[] = {{frame(0x81, "error"), "close 1008:no such word"},
               {frame(0x82, "bytes"), "close 1003:only text is understood"},
               {frame(0x81, "undecodable"), "close 1011:the message could not be decoded"}};
  feed_server server;
  for (const auto& [sent, said] : cases) {
    feed_client c(server);
    REQUIRE(c.open("/feed?topic=news") == switching);
    c.send(sent);
    CHECK(c.read() == said);
    agree(c, 1000);
  }
}

TEST_CASE("a service that does not answer in time costs the client its channel, not its patience") {
  feed_server server(300ms);
  feed_client c(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  c.say("keep");
  CHECK(c.read() == "close 1013:the service did not answer in time");
  agree(c, 1013);
  CHECK(server.in_flight() == 1); // it may still work on it
  feed_client d(server);
  REQUIRE(d.open("/feed?topic=news") == switching);
  d.say("release");
  CHECK(d.read() == "text:re release");
}

TEST_CASE("back-pressure: with eight messages unanswered a channel is not read") {
  feed_server server;
  feed_client c(server);
  feed_client other(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  REQUIRE(other.open("/feed?topic=news") == switching);
  std::string many;
  for (int i = 0; i < 20; ++i) many += frame(0x81, "keep");
  c.send(many + frame(0x81, "after"));
  for (const std::size_t taken : {8, 16, 20}) {
    CHECK(server.seen->has("got keep", taken));
    // Another round of messages goes through the same connection actor: if it took more, it has by now.
    for (int i = 0; i < 3; ++i) {
      other.say("hi");
      CHECK(other.read() == "text:re hi");
    }
    CHECK(server.seen->count("got keep") == taken);
    other.say("release");
    CHECK(other.read() == "text:re release");
  }
  CHECK(c.read() == "text:re after");
}

TEST_CASE("a message that the service keeps unanswered is never taken for a later one, however many are answered meanwhile") {
  feed_server server;
  feed_client c(server);
  feed_client other(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  REQUIRE(other.open("/feed?topic=other") == switching);
  // Two of these are more bytes than may be unanswered.
  const auto large = "keep" + std::string(140'000, 'x');
  c.say(large);
  CHECK(server.seen->has("got " + large));
  for (int i = 0; i < 256; ++i) { // as many as there are numbers of messages
    c.say("hi");
    REQUIRE(c.read() == "text:re hi");
  }
  c.say(large);
  CHECK(server.seen->has("got " + large, 2));
  c.say(large);
  for (int i = 0; i < 3; ++i) { // if the channel was read on, it is by now
    other.say("hi");
    CHECK(other.read() == "text:re hi");
  }
  CHECK(server.seen->count("got " + large) == 2);
  other.say("release");
  CHECK(other.read() == "text:re release");
  CHECK(server.seen->has("got " + large, 3));
}

TEST_CASE("C-88: a client that reads too slowly is closed with 1013, and the publisher never waits") {
  feed_server server;
  feed_client slow(server, 4096);
  feed_client quick(server);
  REQUIRE(slow.open("/feed?topic=slow") == switching);
  REQUIRE(quick.open("/feed?topic=quick") == switching);
  const auto channel = server.seen->channel(0);
  REQUIRE(channel);
  {
    caf::scoped_actor self(server.system());
    const auto large = channel->encode({std::string(8192, 'x')});
    int sent = 0;
    while (channel->send_encoded(self.ptr(), large) && sent < 100'000) ++sent;
    CHECK(sent < 100'000);
    channel->send_encoded(self.ptr(), large);
  }
  quick.say("still served");
  CHECK(quick.read() == "text:re still served");
  // The publisher goes on until the connection actor has noticed.
  {
    caf::scoped_actor self(server.system());
    while (server.seen->count("closed 1013:the client reads too slowly") == 0) channel->send(self.ptr(), {std::string(8192, 'y')});
  }
  std::string said;
  do said = slow.read();
  while (said.starts_with("text:"));
  CHECK(said == "close 1013:the client reads too slowly");
  agree(slow, 1013);
  CHECK(server.metrics().find("troupe_websocket_dropped_total{listener=\"public\"} 0\n") == std::string::npos);
}

TEST_CASE("C-88: where the oldest may be dropped, a marker says how many, and none is missing beside those") {
  feed_server server;
  feed_client slow(server, 4096);
  REQUIRE(slow.open("/ticker?topic=slow") == switching);
  const auto channel = server.seen->channel();
  REQUIRE(channel);
  constexpr int published = 3000;
  {
    caf::scoped_actor self(server.system());
    for (int i = 0; i < published; ++i) channel->send(self.ptr(), {std::to_string(i) + std::string(8192, ' ')});
  }
  caf::scoped_actor self(server.system());
  unsigned long next = 0, dropped = 0, received = 0;
  bool last_was_sent = false;
  for (;;) {
    if (!last_was_sent && channel->has_credit()) last_was_sent = channel->send(self.ptr(), {"last"});
    const auto said = slow.read();
    if (said == "text:last") break;
    REQUIRE(said.starts_with("text:"));
    if (said.starts_with("text:gap ")) {
      dropped += std::stoul(said.substr(9));
      continue;
    }
    const auto number = std::stoul(said.substr(5));
    REQUIRE(number >= next); // in order
    next = number + 1;
    ++received;
  }
  CHECK(dropped > 0);
  CHECK(received + dropped == published);
}

TEST_CASE("a channel that is closing drops messages as they come, and holds nothing of them") {
  limits bounds;
  bounds.held_bytes = 100'000;
  bounds.websocket.close_timeout = 20s;
  feed_server server(20s, bounds);
  feed_client c(server);
  feed_client other(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  REQUIRE(other.open("/feed?topic=other") == switching);
  const std::string half(90'000, 'x');
  c.say("close");
  CHECK(c.read() == "close 4001:as told");
  // A message that has begun, and one that is larger than any may be; of neither is anything kept.
  c.send(frame(0x01, half));
  client_frame huge{0x80, std::string(1 << 21, '\xFF')};
  const auto bytes = huge.bytes();
  c.send(std::string_view(bytes).substr(0, bytes.size() - 10));
  for (int i = 0; i < 3; ++i) { // the others have the whole bound to themselves
    other.send(frame(0x01, half));
    other.send(frame(0x80, ""));
    CHECK(other.read() == "text:re " + half);
  }
  c.send(std::string_view(bytes).substr(bytes.size() - 10));
  agree(c, 4001);
}

TEST_CASE("what a channel has assembled is given back when its end is decided, not when it comes") {
  limits bounds;
  bounds.held_bytes = 100'000;
  bounds.websocket.close_timeout = 20s;
  feed_server server(20s, bounds);
  feed_client c(server);
  feed_client other(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  REQUIRE(other.open("/feed?topic=other") == switching);
  const std::string half(90'000, 'x');
  c.send(frame(0x01, half));
  c.send(frame(0x89, "p"));
  CHECK(c.read() == "pong:p"); // it is there
  {
    caf::scoped_actor self(server.system());
    server.seen->channel(0)->close(self.ptr(), 4003);
  }
  CHECK(c.read() == "close 4003:");
  other.send(frame(0x01, half));
  other.send(frame(0x80, ""));
  CHECK(other.read() == "text:re " + half);
  agree(c, 4003);
}

TEST_CASE("RFC 7692: a message that many channels get comes to each as it has agreed") {
  limits bounds;
  bounds.websocket.compression = true;
  feed_server server(20s, bounds);
  const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate";
  const std::string offers[] = {offer + "\r\n", "", offer + "; server_max_window_bits=9\r\n", offer + "\r\n"};
  std::vector<std::unique_ptr<feed_client>> clients;
  std::vector<word_channel> channels;
  for (std::size_t i = 0; i < std::size(offers); ++i) {
    clients.push_back(std::make_unique<feed_client>(server));
    REQUIRE(clients.back()->open("/feed?topic=news", offers[i]) == switching);
    channels.push_back(*server.seen->channel(i));
  }
  const auto check = [&](const std::string& text, bool is_compressed) {
    const auto encoded = channels.front().encode({text});
    {
      caf::scoped_actor self(server.system());
      for (const auto& channel : channels) CHECK(channel.send_encoded(self.ptr(), encoded));
    }
    for (std::size_t i = 0; i < clients.size(); ++i)
      CHECK(clients[i]->read() == (is_compressed && !offers[i].empty() ? "compressed text:" : "text:") + text);
  };
  for (int round = 0; round < 3; ++round) {
    check(std::string(5000, static_cast<char>('a' + round)), true);
    check("short", false);
    check("", false);
    check(std::string(5000, static_cast<char>('a' + round)), true);
  }
}

TEST_CASE("a route that bears secrets never agrees on compression") {
  limits bounds;
  bounds.websocket.compression = true;
  feed_server server(20s, bounds);
  feed_client c(server);
  REQUIRE(c.open("/secret?topic=news", "Sec-WebSocket-Extensions: permessage-deflate\r\n") == switching);
  const std::string text(5000, 'a');
  c.say(text);
  CHECK(c.read() == "text:re " + text);
  c.send(frame(0xC1, std::string("\xF2\x48\xCD\xC9\xC9\x07\x00", 7)));
  CHECK(c.read().starts_with("close 1002:"));
}

TEST_CASE("a server that stops says 1001 to its channels and tells the service") {
  feed_server server;
  feed_client c(server);
  REQUIRE(c.open("/feed?topic=news") == switching);
  std::thread stopping([&] { server.stop(); });
  CHECK(c.read() == "close 1001:the server stops");
  agree(c, 1001);
  stopping.join();
  CHECK(server.seen->has("closed 1001:the server stops"));
}
