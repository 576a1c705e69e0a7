#include "platform/server/output.hpp"

#include "platform/net/socket.hpp"

#include <catch2/catch.hpp>

#include <sys/socket.h>

#include <random>
#include <string>

using troupe::base::shared_bytes;
namespace net = troupe::net;
using troupe::server::output;
using progress = output::progress;

namespace {

// Two ends that do not block; the sender's buffer is as small as the kernel allows.
struct pair_of_sockets {
  pair_of_sockets() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours = net::socket(fds[0]);
    theirs = net::socket(fds[1]);
    const int small = 1;
    REQUIRE(::setsockopt(ours.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
  }
  // What has arrived and was not read.
  std::string read() {
    std::string all;
    char bytes[4096];
    for (;;) {
      const auto got = ::recv(theirs.fd(), bytes, sizeof bytes, 0);
      if (got <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(got));
    }
  }
  net::socket ours, theirs;
};

// A text in which no two places look alike.
std::string text_of(std::size_t bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

} // namespace

TEST_CASE("small answers leave in one piece and in order") {
  pair_of_sockets sockets;
  output out;
  CHECK(out.empty());
  out.text() += "head 1 ";
  out.add_body(shared_bytes("body 1 "));
  out.text() += "head 2 ";
  out.add_body(shared_bytes());
  CHECK(out.pending() == 21);
  CHECK_FALSE(out.empty());
  CHECK(out.write_to(sockets.ours.fd()) == progress::finished);
  CHECK(out.empty());
  CHECK(out.pending() == 0);
  CHECK(sockets.read() == "head 1 body 1 head 2 ");
}

TEST_CASE("nothing to write is written at once") {
  pair_of_sockets sockets;
  output out;
  CHECK(out.write_to(sockets.ours.fd()) == progress::finished);
  CHECK(sockets.read().empty());
}

TEST_CASE("an output goes on where a full socket has stopped it") {
  pair_of_sockets sockets;
  output out;
  std::string expected;
  for (std::uint32_t i = 0; i < 100; ++i) { // more pieces than one scatter list takes
    const auto head = "head " + std::to_string(i) + " ";
    const auto body = text_of(i % 3 == 0 ? 100 : output::copy_below + 1 + i * 97, i);
    out.text() += head;
    out.add_body(shared_bytes(body));
    expected += head + body;
  }
  CHECK(out.pending() == expected.size());
  std::string got;
  int blocked = 0;
  auto state = out.write_to(sockets.ours.fd());
  while (state == progress::blocked) {
    ++blocked;
    REQUIRE(blocked < 100'000);
    got += sockets.read();
    REQUIRE(out.pending() == expected.size() - got.size());
    state = out.write_to(sockets.ours.fd());
  }
  CHECK(state == progress::finished);
  CHECK(blocked > 10);
  got += sockets.read();
  CHECK((got == expected));
  CHECK(out.pending() == 0);
}

TEST_CASE("one large body is shared and not copied, and released once it has left") {
  pair_of_sockets sockets;
  const auto text = text_of(1'000'000, 1);
  const shared_bytes body(text);
  output first, second;
  for (auto* out : {&first, &second}) {
    out->text() += "h";
    out->add_body(body);
    CHECK(out->text().size() == 1);
    std::string got;
    while (out->write_to(sockets.ours.fd()) == progress::blocked) got += sockets.read();
    got += sockets.read();
    CHECK((got == "h" + text));
  }
}

TEST_CASE("text that is added behind a blocked output follows it") {
  pair_of_sockets sockets;
  output out;
  const auto body = text_of(100'000, 2);
  out.add_body(shared_bytes(body));
  REQUIRE(out.write_to(sockets.ours.fd()) == progress::blocked);
  out.text() += " and more";
  std::string got;
  while (out.write_to(sockets.ours.fd()) == progress::blocked) got += sockets.read();
  got += sockets.read();
  CHECK((got == body + " and more"));
}

TEST_CASE("an output that has been written takes the next answer") {
  pair_of_sockets sockets;
  output out;
  for (int i = 0; i < 3; ++i) {
    out.text() += "text ";
    REQUIRE(out.write_to(sockets.ours.fd()) == progress::finished);
    out.add_body(shared_bytes(std::string(5'000, 'b')));
    auto state = out.write_to(sockets.ours.fd());
    std::string got = sockets.read();
    while (state == progress::blocked) {
      state = out.write_to(sockets.ours.fd());
      got += sockets.read();
    }
    CHECK(got == "text " + std::string(5'000, 'b'));
  }
}

TEST_CASE("C-66: a peer that is gone breaks the output and kills nothing") {
  pair_of_sockets sockets;
  sockets.theirs = net::socket();
  output out;
  out.text() += "lost";
  CHECK(out.write_to(sockets.ours.fd()) == progress::broken);
  out.clear();
  CHECK(out.empty());
  CHECK(out.pending() == 0);
}

TEST_CASE("for a sink that takes records, short pieces are put together and long ones are cut") {
  constexpr std::size_t most = 16'384;
  output out;
  CHECK(out.empty());
  std::string gathered;
  CHECK(out.next(gathered, most).empty());
  std::string expected;
  for (const std::size_t size : {5'000u, 40'000u, 10u, 5'000u, 20'000u}) {
    const auto head = "head " + std::to_string(size) + " ";
    const auto body = text_of(size, static_cast<int>(size));
    out.text() += head;
    out.add_body(shared_bytes(body));
    expected += head + body;
  }
  std::string got;
  std::size_t records = 0;
  while (!out.empty()) {
    const std::string record(out.next(gathered, most));
    CHECK(record == out.next(gathered, most)); // the same until some of it has left
    REQUIRE_FALSE(record.empty());
    REQUIRE(record.size() <= most);
    // A sink may take less than it was offered.
    const auto taken = ++records % 3 == 0 ? record.size() / 2 + 1 : record.size();
    got += record.substr(0, taken);
    out.sent(taken);
  }
  CHECK((got == expected));
  CHECK(records < 12);
  CHECK(out.pending() == 0);
}
