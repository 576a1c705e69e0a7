#include "platform/net/tls_stream.hpp"

#include "tests/platform/net/certificate_files.hpp"
#include "tests/platform/net/tls_pair.hpp"

#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::net;
using namespace troupe::net::test;
using outcome = tls_stream::outcome;

namespace {

std::shared_ptr<const tls_context> context() {
  static certificate_files files;
  static const auto loaded = *tls_context::load({.certificates = {files.make("a", {"a"})}}, std::make_shared<ticket_keys>());
  return loaded;
}

struct open_pair : tls_pair {
  explicit open_pair(int version = 0, int buffer_bytes = 0) : tls_pair(context(), {.version = version}, buffer_bytes) {
    REQUIRE(shake_hands() == outcome::data);
    static_cast<void>(client->read()); // tickets
  }
  std::string read(std::size_t most = 65536) {
    std::string buffer(most, '\0');
    last = stream.read(buffer);
    return buffer.substr(0, last.bytes);
  }
  // What the client gets until nothing comes any more.
  tls_stream::moved last{outcome::data};
};

const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

std::string pattern(std::size_t size) {
  std::string s(size, '\0');
  for (std::size_t i = 0; i < size; ++i) s[i] = static_cast<char>(i * 31 + i / 251);
  return s;
}

} // namespace

TEST_CASE("a handshake goes step by step and says what came of it") {
  for (const int version : versions) {
    tls_pair p(context(), {.version = version});
    CHECK(p.stream.handshake() == outcome::would_block);
    CHECK_FALSE(p.stream.waits_to_write());
    CHECK_FALSE(p.stream.is_open());
    REQUIRE(p.shake_hands() == outcome::data);
    CHECK(p.stream.is_open());
    CHECK(p.stream.is_1_3() == (version == TLS1_3_VERSION));
    CHECK_FALSE(p.stream.is_resumed());
    CHECK(p.stream.peer().empty());
  }
}

TEST_CASE("a client that speaks no TLS, or leaves, breaks the handshake with a reason") {
  const struct {
    std::string sent, why;
  } cases[] = {{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "http request"}, {std::string(300, '\0'), ""}, {std::string(300, '\xff'), ""}, {"", "left"}};
  for (const auto& c : cases) {
    INFO(c.sent.substr(0, 10));
    tls_pair p(context());
    REQUIRE(::send(p.theirs.fd(), c.sent.data(), c.sent.size(), 0) == static_cast<ssize_t>(c.sent.size()));
    if (c.sent.empty()) ::shutdown(p.theirs.fd(), SHUT_WR);
    CHECK(p.stream.handshake() == outcome::broken);
    CHECK_THAT(p.stream.why_broken(), Catch::Contains(c.why));
    CHECK(std::string(p.stream.why_broken()).size() > 3);
    CHECK(p.stream.handshake() == outcome::broken);
    char buffer[10];
    CHECK(p.stream.read(buffer).result == outcome::broken);
    CHECK(p.stream.write("x").result == outcome::broken);
    p.stream.close_notify(); // says nothing
  }
}

TEST_CASE("an end in the middle of a handshake breaks it") {
  for (const std::size_t kept : {1u, 5u, 60u}) {
    tls_pair p(context());
    int middle[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, middle) == 0);
    const troupe::net::socket near(middle[0]), far(middle[1]);
    tls_client cut(near.fd(), {});
    static_cast<void>(cut.step());
    char hello[4096];
    REQUIRE(::recv(far.fd(), hello, sizeof hello, 0) > 60);
    REQUIRE(::send(p.theirs.fd(), hello, kept, 0) == static_cast<ssize_t>(kept));
    CHECK(p.stream.handshake() == outcome::would_block);
    ::shutdown(p.theirs.fd(), SHUT_WR);
    CHECK(p.stream.handshake() == outcome::broken);
  }
}

TEST_CASE("bytes go both ways, in pieces of any size") {
  for (const int version : versions) {
    open_pair p(version);
    CHECK(p.read().empty());
    CHECK(p.last.result == outcome::would_block);
    CHECK(p.client->write("Hello") == 5);
    CHECK(p.read() == "Hello");
    CHECK(p.stream.is_drained());
    const auto w = p.stream.write("answer");
    CHECK(w.result == outcome::data);
    CHECK(w.bytes == 6);
    CHECK(p.client->read() == "answer");
  }
}

TEST_CASE("one read takes all records that are there") {
  open_pair p;
  for (int i = 0; i < 5; ++i) CHECK(p.client->write("record " + std::to_string(i) + " ") == 9);
  CHECK(p.read() == "record 0 record 1 record 2 record 3 record 4 ");
  CHECK(p.last.result == outcome::data);
  CHECK(p.stream.is_drained());
}

TEST_CASE("a full buffer leaves the rest inside, where no readiness of the socket tells of it") {
  open_pair p;
  CHECK(p.client->write("0123456789") == 10);
  CHECK(p.read(4) == "0123");
  CHECK_FALSE(p.stream.is_drained());
  CHECK(p.read(4) == "4567");
  CHECK_FALSE(p.stream.is_drained());
  // What comes now must not be taken for read because an earlier look at the socket found it empty.
  CHECK(p.client->write("ab") == 2);
  CHECK(p.read(100) == "89ab");
  CHECK(p.stream.is_drained());
}

TEST_CASE("a record that comes byte by byte is given out when it is whole") {
  for (const int version : versions) {
    open_pair p(version);
    CHECK(p.client->write("whole") == 5);
    char record[200];
    const auto size = ::recv(p.ours.fd(), record, sizeof record, 0);
    REQUIRE(size > 5);
    for (ssize_t i = 0; i < size; ++i) {
      CHECK(p.read().empty());
      CHECK(p.last.result == outcome::would_block);
      REQUIRE(::send(p.theirs.fd(), record + i, 1, 0) == 1);
    }
    CHECK(p.read() == "whole");
  }
}

TEST_CASE("a megabyte passes through small socket buffers in both directions") {
  for (const int version : versions) {
    open_pair p(version, 4096);
    const auto text = pattern(1 << 20);
    std::string came;
    std::size_t sent = 0;
    bool blocked = false;
    while (came.size() < text.size()) {
      if (sent < text.size()) {
        // Each call with what is left, from another place: after would_block it begins with the same bytes.
        const std::string moved_elsewhere = text.substr(sent, tls_stream::record_bytes);
        const auto w = p.stream.write(moved_elsewhere);
        if (w.result == outcome::would_block) blocked = true;
        REQUIRE((w.result == outcome::data || w.result == outcome::would_block));
        sent += w.bytes;
        if (w.result == outcome::data) continue;
      }
      came += p.client->read();
      REQUIRE_FALSE(p.client->has_failed());
    }
    CHECK(blocked);
    CHECK(came == text);
    came.clear();
    sent = 0;
    while (came.size() < text.size()) {
      sent += p.client->write(std::string_view(text).substr(sent));
      came += p.read();
      REQUIRE((p.last.result == outcome::data || p.last.result == outcome::would_block));
    }
    CHECK(came == text);
  }
}

TEST_CASE("a write is cut at one record") {
  open_pair p;
  const auto w = p.stream.write(pattern(100'000));
  CHECK(w.result == outcome::data);
  CHECK(w.bytes == tls_stream::record_bytes);
  CHECK(p.client->read().size() == tls_stream::record_bytes);
}

TEST_CASE("RFC 8446 6.1: a close_notify ends what the client sends and not what it is sent") {
  for (const int version : versions) {
    open_pair p(version);
    CHECK(p.client->write("last words") == 10);
    p.client->close_notify();
    CHECK(p.read() == "last words");
    CHECK(p.last.result == outcome::data);
    CHECK_FALSE(p.stream.is_drained());
    CHECK(p.read().empty());
    CHECK(p.last.result == outcome::closed);
    CHECK(p.stream.write("answer").result == outcome::data);
    p.stream.close_notify();
    char raw[200];
    CHECK(::recv(p.theirs.fd(), raw, sizeof raw, 0) > 40); // a record with the answer, and the alert
  }
}

TEST_CASE("an end without close_notify is an end: what came whole counts, a torn record does not") {
  for (const int version : versions) {
    for (const bool torn : {false, true}) {
      open_pair p(version);
      CHECK(p.client->write("whole") == 5);
      if (torn) {
        CHECK(p.client->write("torn off") == 8);
        char both[400];
        const auto size = ::recv(p.ours.fd(), both, sizeof both, 0);
        REQUIRE(size > 10);
        REQUIRE(::send(p.theirs.fd(), both, static_cast<std::size_t>(size) - 3, 0) == size - 3);
      }
      ::shutdown(p.theirs.fd(), SHUT_WR);
      std::string came;
      do {
        came += p.read();
      } while (p.last.result == outcome::data && p.last.bytes > 0 && !p.stream.is_drained());
      if (p.stream.is_drained()) came += p.read();
      CHECK(came == "whole");
      CHECK((p.last.result == outcome::closed || p.last.result == outcome::broken));
      if (!torn) {
        CHECK(p.last.result == outcome::closed);
        CHECK(p.stream.write("answer").result == outcome::data);
        CHECK(p.client->read() == "answer");
      }
    }
  }
}

TEST_CASE("a record that was tampered with breaks the stream, and nothing of it is given out") {
  for (const int version : versions) {
    open_pair p(version);
    CHECK(p.client->write("Hello") == 5);
    char record[200];
    const auto size = ::recv(p.ours.fd(), record, sizeof record, 0);
    REQUIRE(size > 5);
    record[size - 1] = static_cast<char>(record[size - 1] ^ 1);
    REQUIRE(::send(p.theirs.fd(), record, static_cast<std::size_t>(size), 0) == size);
    CHECK(p.read().empty());
    CHECK(p.last.result == outcome::broken);
    CHECK(p.stream.write("x").result == outcome::broken);
  }
}

TEST_CASE("a peer that has gone breaks a write and no signal comes") {
  open_pair p;
  p.client.reset();
  p.theirs = {};
  auto last = p.stream.write("x").result;
  for (int i = 0; i < 3 && last == outcome::data; ++i) last = p.stream.write("x").result;
  CHECK(last == outcome::broken);
  p.stream.close_notify();
}

TEST_CASE("RFC 8446 4.6.3: a read that must answer a key update waits for the socket to become writable") {
  open_pair p(TLS1_3_VERSION, 4096);
  // Fill the socket towards the client with whole records, until the next would block.
  std::size_t filled = 0;
  const auto piece = pattern(64);
  for (;;) {
    const auto w = p.stream.write(piece);
    if (w.result != outcome::data) break;
    filled += w.bytes;
  }
  // The record that is half out is finished first; then as many small answers as make the socket full again.
  std::string came = p.client->read();
  REQUIRE(p.stream.write(piece).result == outcome::data);
  filled += piece.size();
  bool waited = false;
  for (int i = 0; i < 2000 && !waited; ++i) {
    p.client->update_keys();
    static_cast<void>(p.read());
    REQUIRE((p.last.result == outcome::would_block));
    waited = p.stream.waits_to_write();
  }
  REQUIRE(waited);
  REQUIRE(p.client->write("after the update") == 16);
  came += p.client->read();
  std::string got;
  for (int i = 0; i < 10 && got.empty(); ++i) {
    got = p.read();
    came += p.client->read();
  }
  CHECK(got == "after the update");
  CHECK_FALSE(p.stream.waits_to_write());
  CHECK(came.size() == filled);
  CHECK(p.stream.write("done").result == outcome::data);
  CHECK(p.client->read() == "done");
}

TEST_CASE("a read takes a bounded number of records, however little they hold") {
  for (const int version : versions) {
    open_pair p(version);
    for (std::size_t i = 0; i < tls_stream::records_a_read + 3; ++i) REQUIRE(p.client->write("x") == 1);
    CHECK(p.read() == std::string(tls_stream::records_a_read, 'x'));
    CHECK(p.stream.records() == tls_stream::records_a_read);
    CHECK_FALSE(p.stream.is_drained());
    CHECK(p.read() == "xxx");
    CHECK(p.stream.is_drained());
  }
}

TEST_CASE("RFC 8446 4.6.3: key updates are taken as records, and a flood of them breaks the stream") {
  open_pair p(TLS1_3_VERSION);
  for (int i = 0; i < 20; ++i) p.client->update_keys();
  REQUIRE(p.client->write("data") == 4);
  CHECK(p.read() == "data");
  CHECK(p.stream.records() == 21);
  std::size_t updates = 0;
  do {
    p.client->update_keys();
    static_cast<void>(p.client->read());
    ++updates;
    CHECK(p.read().empty());
  } while (p.last.result != outcome::broken && updates < 5000);
  CHECK(updates > 1000);
  CHECK(updates < 1500);
  CHECK_THAT(p.stream.why_broken(), Catch::Contains("without data"));
}

TEST_CASE("RFC 5746: a client cannot renegotiate") {
  open_pair p(TLS1_2_VERSION);
  // OpenSSL's client asks, and is told that there is none.
  CHECK(p.client->write("before") == 6);
  CHECK(p.read() == "before");
  p.client->renegotiate();
  static_cast<void>(p.read());
  CHECK(p.last.result != outcome::closed);
  static_cast<void>(p.client->step());
  CHECK_THAT(p.client->alert(), Catch::Contains("no renegotiation"));
}

TEST_CASE("a stream starts again after a reset, as new") {
  open_pair p;
  p.stream.reset();
  CHECK_FALSE(p.stream.is_open());
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  const troupe::net::socket ours(ends[0]), theirs(ends[1]);
  tls_client client(theirs.fd(), {});
  REQUIRE(p.stream.start(context(), ours.fd()));
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(client.step());
    static_cast<void>(p.stream.handshake());
  }
  CHECK(p.stream.is_open());
}
