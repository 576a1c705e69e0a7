#include "tests/platform/server/running_server.hpp"

#include "platform/server/messages.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

namespace troupe::server::test {

namespace {

// CAF must know all types before the first actor system of the program.
[[maybe_unused]] const bool registered = [] {
  actor::register_platform_types();
  caf::init_global_meta_objects<caf::id_block::troupe_server>();
  return true;
}();

sockaddr_in on(const char* address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &out.sin_addr);
  return out;
}

http::response text(std::string body) {
  http::response r;
  r.content_type = "text/plain";
  r.body = base::shared_bytes(std::move(body));
  return r;
}

} // namespace

running_server::running_server(limits bounds, troupe::server::proxies proxies) {
  routes_.get("/client", respond([](const http::request& r) { return text(r.client().text()); }));
  routes_.get("/failure", respond([](const http::request&) -> http::response { throw std::runtime_error("as it is meant to"); }));
  routes_.get("/held", respond([this](const http::request&) {
                held_.release();
                let_go_.acquire();
                return text("let go");
              }));
  routes_.any("/length", respond([](const http::request& r) { return text(std::to_string(r.body.size())); }));
  routes_.any("/fields", respond([](const http::request& r) {
                std::string names;
                for (const auto& f : r.fields) names.append(f.name).append(" ");
                return text(names);
              }));
  server_options options;
  options.limits = bounds;
  options.proxies = std::move(proxies);
  auto started = troupe::server::server::start(system_, std::move(options), routes_, registry_, *poller_);
  if (!started) throw std::runtime_error(started.error().detail);
  server_ = std::move(*started);
}

running_server::~running_server() { server_->stop(std::chrono::milliseconds(0)); }

std::string running_server::exposition() const { return registry_.expose(); }

client::client(std::uint16_t port, const char* from) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto mine = on(from, 0);
  const auto server = on("127.0.0.1", port);
  REQUIRE(::bind(socket_.fd(), reinterpret_cast<const sockaddr*>(&mine), sizeof mine) == 0);
  REQUIRE(::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0);
}

bool client::send(std::string_view bytes) {
  return ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::string client::read_until(std::string_view end) {
  for (;;) {
    const auto at = end.empty() ? std::string::npos : received_.find(end);
    if (at != std::string::npos) {
      auto taken = received_.substr(0, at + end.size());
      received_.erase(0, taken.size());
      return taken;
    }
    pollfd readable{socket_.fd(), POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 10'000) == 1);
    char piece[4096];
    const auto got = ::recv(socket_.fd(), piece, sizeof piece, 0);
    if (got <= 0) return std::exchange(received_, {});
    received_.append(piece, static_cast<std::size_t>(got));
  }
}

std::string client::ask(std::string_view fields, std::string_view path) {
  if (!send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n")) return "closed";
  const auto head = read_until("\r\n\r\n");
  const auto length = head.find("Content-Length: ");
  if (length == std::string::npos) return "closed";
  const auto size = std::stoul(head.substr(length + 16));
  while (received_.size() < size) {
    char piece[256];
    const auto got = ::recv(socket_.fd(), piece, sizeof piece, 0);
    if (got <= 0) return "closed";
    received_.append(piece, static_cast<std::size_t>(got));
  }
  auto body = received_.substr(0, size);
  received_.erase(0, size);
  return body;
}

} // namespace troupe::server::test
