#include "platform/server/output.hpp"

#include "platform/net/socket.hpp"

#include <catch2/catch.hpp>

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <random>
#include <string>

using troupe::base::shared_bytes;
namespace http = troupe::http;
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

// A file in memory with this text; its descriptor is the part's.
std::shared_ptr<const http::file_part> file_of(const std::string& text, std::uint64_t first, std::uint64_t length) {
  const int fd = ::memfd_create("troupe-test", MFD_CLOEXEC);
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return std::make_shared<http::file_part>(fd, first, length);
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

TEST_CASE("files leave in their place among heads and bodies, by the kernel or copied") {
  const auto way = GENERATE(output::file_way::kernel, output::file_way::copied);
  pair_of_sockets sockets;
  output out;
  std::string expected;
  const auto text = text_of(300'000, 3);
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto body = text_of(i % 2 ? 10 : 5'000, i);
    out.text() += "head ";
    out.add_body(shared_bytes(body));
    out.add_file(file_of(text, i * 1000, 100'000 + i));
    out.add_file(file_of(text, 5, 0));
    expected += "head " + body + text.substr(i * 1000, 100'000 + i);
  }
  CHECK(out.pending() == expected.size());
  CHECK(out.held() == expected.size() - (5 * 100'000 + 0 + 1 + 2 + 3 + 4)); // what lies in a file costs no memory
  std::string got;
  auto state = out.write_to(sockets.ours.fd(), way);
  for (int rounds = 0; state != progress::finished; ++rounds) {
    REQUIRE(state != progress::broken);
    REQUIRE(rounds < 100'000);
    got += sockets.read();
    REQUIRE(out.pending() == expected.size() - got.size());
    state = out.write_to(sockets.ours.fd(), way);
  }
  got += sockets.read();
  CHECK((got == expected));
}

TEST_CASE("one write sends a bounded part of a file, so that other sessions have their turn") {
  pair_of_sockets sockets;
  const int large = 8'000'000;
  ::setsockopt(sockets.ours.fd(), SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
  const auto text = text_of(1'000'000, 4);
  output out;
  out.add_file(file_of(text, 0, text.size()));
  std::string got;
  bool was_unfinished = false;
  for (auto state = out.write_to(sockets.ours.fd()); state != progress::finished; state = out.write_to(sockets.ours.fd())) {
    const auto arrived = sockets.read();
    CHECK(arrived.size() <= output::file_bytes_a_write);
    was_unfinished = was_unfinished || (state == progress::unfinished && arrived.size() == output::file_bytes_a_write);
    got += arrived;
  }
  got += sockets.read();
  CHECK(was_unfinished);
  CHECK((got == text));
}

TEST_CASE("a file that has shrunk breaks its output, because its length was promised") {
  const auto way = GENERATE(output::file_way::kernel, output::file_way::copied);
  pair_of_sockets sockets;
  output out;
  out.add_file(file_of("short", 0, 6));
  CHECK(out.write_to(sockets.ours.fd(), way) == progress::broken);
  CHECK(sockets.read() == "short");
}

TEST_CASE("a descriptor is closed as soon as its file has left, and with an output that is given up") {
  pair_of_sockets sockets;
  output out;
  auto file = file_of("text", 0, 4);
  const std::weak_ptr<const http::file_part> watched = file;
  out.add_file(std::move(file));
  CHECK(out.write_to(sockets.ours.fd()) == progress::finished);
  CHECK(watched.expired());
  file = file_of("text", 0, 4);
  const std::weak_ptr<const http::file_part> given_up = file;
  out.add_file(std::move(file));
  out.clear();
  CHECK(given_up.expired());
}

TEST_CASE("C-66: a peer that leaves in the middle of a file breaks the output and kills nothing") {
  const auto before = std::signal(SIGPIPE, SIG_IGN); // as the server does
  pair_of_sockets sockets;
  output out;
  out.add_file(file_of(text_of(300'000, 5), 0, 300'000));
  REQUIRE(out.write_to(sockets.ours.fd()) == progress::blocked);
  sockets.theirs = net::socket();
  CHECK(out.write_to(sockets.ours.fd()) == progress::broken);
  std::signal(SIGPIPE, before);
}

TEST_CASE("progress is said once for each so many bytes") {
  pair_of_sockets sockets;
  output out;
  CHECK_FALSE(out.has_sent(1));
  out.add_body(shared_bytes(text_of(1'000'000, 6)));
  std::size_t got = 0;
  std::size_t said = 0;
  while (out.write_to(sockets.ours.fd()) == progress::blocked) {
    got += sockets.read().size();
    if (out.has_sent(100'000)) {
      ++said;
      CHECK_FALSE(out.has_sent(1));
    }
  }
  CHECK(said >= 5);
  CHECK(said <= got / 100'000 + 1);
}

TEST_CASE("for a sink that takes records, files are read in their place, and one that has shrunk leaves nothing") {
  constexpr std::size_t most = 16'384;
  const auto text = text_of(50'000, 9);
  output out;
  out.text() += "head ";
  out.add_file(file_of(text, 100, 40'000));
  out.text() += "tail";
  std::string gathered;
  std::string got;
  while (!out.empty()) {
    const std::string record(out.next(gathered, most));
    REQUIRE_FALSE(record.empty());
    REQUIRE(record.size() <= most);
    got += record;
    out.sent(record.size());
  }
  CHECK((got == "head " + text.substr(100, 40'000) + "tail"));
  out.clear();
  out.add_file(file_of("short", 0, 6));
  CHECK(out.next(gathered, most) == "short");
  out.sent(5);
  CHECK_FALSE(out.empty());
  CHECK(out.next(gathered, most).empty());
}

TEST_CASE("what is pending is one run of bytes only while it is, and without files") {
  output out;
  CHECK(out.single_run().empty());
  out.text() += "HTTP/1.1 200 OK\r\n\r\n";
  out.add_body(shared_bytes(std::string("small")));
  CHECK(out.single_run() == "HTTP/1.1 200 OK\r\n\r\nsmall");
  out.text() += " and more";
  CHECK(out.single_run() == "HTTP/1.1 200 OK\r\n\r\nsmall and more");
  out.sent(9);
  CHECK(out.single_run() == "200 OK\r\n\r\nsmall and more");
  out.add_body(shared_bytes(std::string(output::copy_below + 1, 'x')));
  CHECK(out.single_run().empty());
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
