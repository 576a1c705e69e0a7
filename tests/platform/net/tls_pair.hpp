#pragma once

#include "platform/net/socket.hpp"
#include "platform/net/tls_stream.hpp"
#include "tests/platform/net/tls_client.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <memory>

namespace troupe::net::test {

/// A client and our stream on the two ends of a non-blocking socket pair.
struct tls_pair {
  explicit tls_pair(std::shared_ptr<const tls_context> context, const tls_client::wish& w = {}, int buffer_bytes = 0) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    ours = net::socket(ends[0]);
    theirs = net::socket(ends[1]);
    if (buffer_bytes > 0) {
      ::setsockopt(ours.fd(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
      ::setsockopt(theirs.fd(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    }
    client = std::make_unique<tls_client>(theirs.fd(), w);
    REQUIRE(stream.start(std::move(context), ours.fd()));
  }

  /// Both sides in turn until both are done or one has failed. What the stream says at last.
  tls_stream::outcome shake_hands() {
    auto last = tls_stream::outcome::would_block;
    bool client_done = false;
    for (int i = 0; i < 20; ++i) {
      client_done = client_done || client->step();
      if (last == tls_stream::outcome::would_block) last = stream.handshake();
      if (last == tls_stream::outcome::broken || (client_done && last == tls_stream::outcome::data)) break;
    }
    if (last == tls_stream::outcome::broken && !client->has_failed()) {
      static_cast<void>(client->step());
      static_cast<void>(client->read());
    }
    return last;
  }

  net::socket ours, theirs;
  std::unique_ptr<tls_client> client;
  tls_stream stream;
};

} // namespace troupe::net::test
