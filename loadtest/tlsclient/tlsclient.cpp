// New TLS connections in a closed loop: each thread connects, shakes hands, asks once with `Connection: close`, reads to the end, and begins
// again; the server closes first. With --resume each thread shows the newest ticket it has been given.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace troupe::loadtest {
namespace {

using clock = std::chrono::steady_clock;

constexpr timeval patience{10, 0};
constexpr std::size_t answer_limit = 64 * 1024;

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "troupe_tlsclient: %s: %s\n", what, why);
  std::exit(1);
}

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: troupe_tlsclient --connect HOST:PORT --ca FILE [--resume] [--tls 1.2|1.3] [--threads N] [--seconds N]\n"
                       "  --connect  an IPv4 address and port\n"
                       "  --ca       PEM file that the server's certificate must be signed by\n"
                       "  --threads  connections at once, 1 to 1000, default 16\n"
                       "  --seconds  1 to 600, default 5\n");
  std::exit(2);
}

struct options {
  sockaddr_in address{};
  std::string host;
  const char* ca = nullptr;
  int version = TLS1_3_VERSION;
  bool resume = false;
  unsigned threads = 16;
  unsigned seconds = 5;
};

unsigned number_from(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) usage();
  return value;
}

options parse(int count, char** arguments) {
  options o;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--resume") {
      o.resume = true;
      continue;
    }
    if (++i == count) usage();
    const std::string_view value = arguments[i];
    if (name == "--connect") {
      const auto colon = value.rfind(':');
      if (colon == std::string_view::npos) usage();
      o.host = value;
      o.address.sin_family = AF_INET;
      o.address.sin_port = htons(static_cast<std::uint16_t>(number_from(value.substr(colon + 1), 1, 65535)));
      if (::inet_pton(AF_INET, std::string(value.substr(0, colon)).c_str(), &o.address.sin_addr) != 1) usage();
    } else if (name == "--ca") {
      o.ca = arguments[i];
    } else if (name == "--tls") {
      if (value != "1.2" && value != "1.3") usage();
      o.version = value == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;
    } else if (name == "--threads") {
      o.threads = number_from(value, 1, 1000);
    } else if (name == "--seconds") {
      o.seconds = number_from(value, 1, 600);
    } else {
      usage();
    }
  }
  if (o.host.empty() || !o.ca) usage();
  return o;
}

struct counts {
  std::uint64_t connections = 0;
  std::uint64_t resumed = 0;
  std::uint64_t errors = 0;
};

// A thread's connections, one after the other.
class client {
 public:
  client(const options& o, SSL_CTX* context) : options_(o), context_(context) {}
  ~client() {
    if (session_) ::SSL_SESSION_free(session_);
  }

  void run(clock::time_point end) {
    while (clock::now() < end) {
      if (once()) {
        ++counted.connections;
      } else if (++counted.errors > 1000) {
        return; // the figure is worthless already
      }
      ::ERR_clear_error();
    }
  }

  counts counted;

 private:
  bool once() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    SSL* ssl = ::SSL_new(context_);
    const bool good = ssl && ::connect(fd, reinterpret_cast<const sockaddr*>(&options_.address), sizeof options_.address) == 0 &&
                      ::SSL_set_fd(ssl, fd) == 1 && exchange(ssl);
    if (ssl) ::SSL_free(ssl);
    ::close(fd);
    return good;
  }

  bool exchange(SSL* ssl) {
    if (options_.resume && session_ && ::SSL_set_session(ssl, session_) != 1) return false;
    if (::SSL_connect(ssl) != 1) return false;
    const bool resumed = ::SSL_session_reused(ssl) == 1;
    const auto request = "GET /hello HTTP/1.1\r\nHost: " + options_.host + "\r\nConnection: close\r\n\r\n";
    if (::SSL_write(ssl, request.data(), static_cast<int>(request.size())) != static_cast<int>(request.size())) return false;
    std::string answer;
    char buffer[4096];
    int got = 0;
    while ((got = ::SSL_read(ssl, buffer, sizeof buffer)) > 0) {
      answer.append(buffer, static_cast<std::size_t>(got));
      if (answer.size() > answer_limit) return false;
    }
    if (::SSL_get_error(ssl, got) != SSL_ERROR_ZERO_RETURN || !answer.starts_with("HTTP/1.1 200 ")) return false;
    ::SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); // otherwise the library gives the session up
    if (options_.resume) {
      if (session_) ::SSL_SESSION_free(session_);
      session_ = ::SSL_get1_session(ssl);
    }
    counted.resumed += resumed ? 1 : 0;
    return true;
  }

  const options& options_;
  SSL_CTX* context_;
  SSL_SESSION* session_ = nullptr;
};

int run(const options& o) {
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = ::SSL_CTX_new(::TLS_client_method());
  if (!context || SSL_CTX_set_min_proto_version(context, o.version) != 1 || SSL_CTX_set_max_proto_version(context, o.version) != 1)
    fail("OpenSSL", "no context");
  if (::SSL_CTX_load_verify_file(context, o.ca) != 1) fail(o.ca, "no certificates in it");
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const auto begin = clock::now();
  std::vector<client> clients;
  clients.reserve(o.threads);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < o.threads; ++i) clients.emplace_back(o, context);
  for (auto& c : clients) threads.emplace_back([&c, end = begin + std::chrono::seconds(o.seconds)] { c.run(end); });
  for (auto& t : threads) t.join();
  const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
  counts all;
  for (const auto& c : clients) {
    all.connections += c.counted.connections;
    all.resumed += c.counted.resumed;
    all.errors += c.counted.errors;
  }
  std::printf("{\"connections\":%llu,\"resumed\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"per_second\":%.1f}\n",
              static_cast<unsigned long long>(all.connections), static_cast<unsigned long long>(all.resumed),
              static_cast<unsigned long long>(all.errors), seconds, static_cast<double>(all.connections) / seconds);
  clients.clear();
  ::SSL_CTX_free(context);
  return all.errors == 0 && all.connections > 0 ? 0 : 1;
}

} // namespace
} // namespace troupe::loadtest

int main(int count, char** arguments) { return troupe::loadtest::run(troupe::loadtest::parse(count, arguments)); }
