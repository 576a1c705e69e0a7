// Boost.Beast as fast as it is used in earnest: an io_context and a SO_REUSEPORT listener for each thread, so neither strands
// nor locks; a stream with a deadline for each connection, string bodies, a response object for each request. Gives Troupe's bytes.
// Usage: troupe_beast PORT THREADS [PRODUCTS]        PRODUCTS: id TAB entity-tag TAB JSON on each line

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace troupe::loadtest {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;
using tcp_stream = beast::basic_stream<tcp, executor>;

constexpr auto deadline = std::chrono::seconds(30);
constexpr int backlog = 4096;
constexpr std::string_view products_path = "/v1/products/";

[[noreturn]] void fail(std::string_view what) {
  std::fprintf(stderr, "troupe_beast: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

struct product {
  std::string etag;
  std::string json;
};
using product_map = std::unordered_map<std::string, product>;

product_map read_products(const char* path) {
  product_map products;
  std::ifstream file(path);
  if (!file) fail("cannot read the products");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    if (first == std::string::npos || second == std::string::npos) fail("a product's line has no three columns");
    products[line.substr(0, first)] = {line.substr(first + 1, second - first - 1), line.substr(second + 1)};
  }
  return products;
}

/// The IMF-fixdate of this second (RFC 9110, section 5.6.7), formatted once a second by each thread.
std::string_view date() {
  thread_local std::time_t when = 0;
  thread_local char text[32];
  const std::time_t now = std::time(nullptr);
  if (now != when) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    when = now;
  }
  return text;
}

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp_socket&& socket, const product_map& products) : stream_(std::move(socket)), products_(products) {}

  void read() {
    request_ = {};
    stream_.expires_after(deadline);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->answer(error); });
  }

 private:

  void answer(beast::error_code error) {
    if (error == http::error::end_of_stream) return finish();
    if (error) return;
    response_ = {};
    response_.version(11);
    response_.set(http::field::date, date());
    fill();
    response_.prepare_payload();
    if (!request_.keep_alive()) {
      response_.set(http::field::connection, "close");
    } else if (request_.version() < 11) {
      response_.set(http::field::connection, "keep-alive");
    }
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code failed, std::size_t) {
      if (failed) return;
      self->request_.keep_alive() ? self->read() : self->finish();
    });
  }

  void fill() {
    const std::string_view target(request_.target().data(), request_.target().size());
    if (request_.method() == http::verb::post && target == "/echo") {
      response_.set(http::field::content_type, request_[http::field::content_type]);
      response_.body() = std::move(request_.body());
    } else if (request_.method() != http::verb::get) {
      response_.result(http::status::method_not_allowed);
    } else if (target == "/hello") {
      response_.set(http::field::content_type, "text/plain");
      response_.body() = "Hello";
    } else if (const auto found = find(target); found != products_.end()) {
      response_.set(http::field::content_type, "application/json");
      response_.set(http::field::etag, found->second.etag);
      response_.body() = found->second.json;
    } else {
      response_.result(http::status::not_found);
    }
  }

  [[nodiscard]] product_map::const_iterator find(std::string_view target) const {
    if (!target.starts_with(products_path)) return products_.end();
    return products_.find(std::string(target.substr(products_path.size())));
  }

  void finish() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  const product_map& products_;
};

class listener {
 public:
  listener(asio::io_context& context, unsigned short port, const product_map& products)
      : acceptor_(context.get_executor()), products_(products) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.set_option(tcp::no_delay(true));
    set(SOL_SOCKET, SO_REUSEPORT);
    set(IPPROTO_TCP, TCP_DEFER_ACCEPT); // as Troupe and the floor: handed over with its first request
    acceptor_.bind(endpoint);
    acceptor_.listen(backlog);
    accept();
  }

 private:
  void set(int level, int option) {
    const int on = 1;
    if (::setsockopt(acceptor_.native_handle(), level, option, &on, sizeof on) != 0) fail("cannot set an option of the listener");
  }

  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp_socket socket) {
      if (!error) std::make_shared<session>(std::move(socket), products_)->read();
      accept();
    });
  }

  asio::basic_socket_acceptor<tcp, executor> acceptor_;
  const product_map& products_;
};

unsigned number_from(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value == 0 || value > most)
    fail("usage: troupe_beast PORT THREADS [PRODUCTS]");
  return value;
}

} // namespace

int serve(int count, char** arguments) {
  if (count < 3 || count > 4) fail("usage: troupe_beast PORT THREADS [PRODUCTS]");
  const auto port = static_cast<unsigned short>(number_from(arguments[1], 65535));
  const unsigned threads = number_from(arguments[2], 256);
  const product_map products = count == 4 ? read_products(arguments[3]) : product_map();
  const auto run = [&] {
    try {
      asio::io_context context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE); // only this thread ever touches it
      const listener accepting(context, port, products);
      context.run();
    } catch (const std::exception& failure) {
      fail(failure.what());
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(run);
  run();
  for (std::thread& thread : others) thread.join();
  return 0;
}

} // namespace troupe::loadtest

int main(int count, char** arguments) {
  try {
    return troupe::loadtest::serve(count, arguments);
  } catch (const std::exception& failure) {
    troupe::loadtest::fail(failure.what());
  }
}
