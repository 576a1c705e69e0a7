#include "platform/net/listener.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>

using namespace troupe::net;
using troupe::base::errc;

TEST_CASE("an address is a host and a port") {
  const struct {
    std::string_view text, host;
    std::uint16_t port;
    std::string_view shown;
  } cases[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"},
      {"localhost:0", "localhost", 0, "localhost:0"},
      {"[::1]:65535", "::1", 65535, "[::1]:65535"},
      {"[::]:80", "::", 80, "[::]:80"},
      {"0.0.0.0:1", "0.0.0.0", 1, "0.0.0.0:1"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto got = address::parse(c.text);
    REQUIRE(got.has_value());
    CHECK(got->host == c.host);
    CHECK(got->port == c.port);
    CHECK(got->text() == c.shown);
  }
}

TEST_CASE("C-78: what is no address is refused with what was expected") {
  for (const std::string_view text : {"", ":", ":80", "host", "host:", "host:port", "host:65536", "host:-1", "host:+1", "host: 80",
                                      "host:80 ", "host:8o", "host:99999999999999999999", "8080"}) {
    INFO(text);
    const auto got = address::parse(text);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::invalid_argument);
    CHECK(got.error().detail.find("expected") != std::string::npos);
    CHECK(got.error().detail.find("'" + std::string(text) + "'") != std::string::npos);
  }
}

TEST_CASE("port 0 takes a free one and says which, and a client gets through") {
  auto opened = listener::open({"127.0.0.1", 0}, {});
  REQUIRE(opened.has_value());
  CHECK(opened->where().host == "127.0.0.1");
  REQUIRE(opened->where().port != 0);

  const troupe::net::socket client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(opened->where().port);
  REQUIRE(::connect(client.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  pollfd waits{opened->fd(), POLLIN, 0};
  REQUIRE(::poll(&waits, 1, 10'000) == 1);
  const troupe::net::socket accepted(::accept(opened->fd(), nullptr, nullptr));
  CHECK(accepted);
  CHECK(::accept(opened->fd(), nullptr, nullptr) == -1); // does not block
  CHECK(classify_accept_error(errno) == accept_failure::drained);
}

TEST_CASE("C-78: a port that is taken is said to be, with what to do") {
  const auto first = listener::open({"127.0.0.1", 0}, {});
  REQUIRE(first.has_value());
  const auto second = listener::open(first->where(), {});
  REQUIRE(second.has_error());
  CHECK(second.error().code == errc::unavailable);
  CHECK(second.error().detail.find("port taken: " + first->where().text()) == 0);
  CHECK(second.error().detail.find("choose another address") != std::string::npos);
}

TEST_CASE("listeners that ask for it share one port") {
  listener_options shared;
  shared.reuse_port = true;
  const auto first = listener::open({"127.0.0.1", 0}, shared);
  REQUIRE(first.has_value());
  const auto second = listener::open(first->where(), shared);
  REQUIRE(second.has_value());
  CHECK(second->where().port == first->where().port);
}

TEST_CASE("C-63: an accepted socket takes no more than it may hold for a client that reads nothing") {
  listener_options options;
  options.unsent_bytes = 16 * 1024;
  options.defer_accept_s = 0;
  const auto listening = listener::open({"127.0.0.1", 0}, options);
  REQUIRE(listening.has_value());
  const troupe::net::socket client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(listening->where().port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int small = 4096;
  REQUIRE(::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
  REQUIRE(::connect(client.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  const troupe::net::socket accepted(::accept4(listening->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  REQUIRE(accepted);
  const std::string piece(4096, 'x');
  std::size_t taken = 0;
  for (ssize_t sent = 0; (sent = ::send(accepted.fd(), piece.data(), piece.size(), MSG_NOSIGNAL)) > 0;) taken += static_cast<std::size_t>(sent);
  CHECK(taken < 256 * 1024);
}

TEST_CASE("a host that is none is refused by name") {
  const auto got = listener::open({"no host", 0}, {});
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::invalid_argument);
  CHECK(got.error().detail.find("'no host'") != std::string::npos);
}

TEST_CASE("an address of another machine cannot be listened on") {
  const auto got = listener::open({"192.0.2.1", 0}, {}); // RFC 5737: nobody has it
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::unavailable);
  CHECK(got.error().detail.find("192.0.2.1:0") != std::string::npos);
}

TEST_CASE("C-67, C-76: a failed accept is passed over, waited out or given up") {
  for (const int e : {EAGAIN, EWOULDBLOCK}) CHECK(classify_accept_error(e) == accept_failure::drained);
  for (const int e : {ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                      ENETUNREACH, ETIMEDOUT}) {
    INFO(e);
    CHECK(classify_accept_error(e) == accept_failure::transient);
  }
  for (const int e : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    INFO(e);
    CHECK(classify_accept_error(e) == accept_failure::exhausted);
  }
  for (const int e : {EBADF, EINVAL, ENOTSOCK, EFAULT, 0}) {
    INFO(e);
    CHECK(classify_accept_error(e) == accept_failure::broken);
  }
}
