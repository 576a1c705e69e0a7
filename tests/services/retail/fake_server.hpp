#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace troupe::retail {

using server_request = boost::beast::http::request<boost::beast::http::string_body>;
using server_answer = boost::beast::http::response<boost::beast::http::string_body>;

/// An answer with a body.
[[nodiscard]] server_answer answer_with(unsigned status, std::string body = {});

/// What the server of a test remembers. Only its own thread touches it until the server is stopped.
struct server_books {
  std::map<std::string, std::string> payments; ///< body by Idempotency-Key
  std::map<std::string, std::string> credits;
  std::map<std::string, std::string> events; ///< product and quantity by id
  std::size_t largest_batch = 0;
  std::size_t requests = 0;
  std::size_t connections = 0;
  std::vector<std::string> violations; ///< requests that break the contract of DESIGN.md section 5
};

/// A server on a free port of the loopback, in a thread of its own, that keeps books as Troupe's services do.
class fake_server {
 public:
  /// What to do with a request before it is carried out: nothing (carry it out), or something of the test's
  /// own.
  struct fault {
    bool is_carried_out = false;         ///< the books are written, and only then
    std::optional<server_answer> answer; ///< this is answered; empty: the connection is cut
    bool stops_listening = false;        ///< no connection from now on, those open are cut
    bool holds = false;                  ///< neither answered nor cut
  };
  using fault_plan = std::function<std::optional<fault>(const server_request& request, std::size_t number)>;

  explicit fake_server(fault_plan faults = nullptr);
  ~fake_server();

  [[nodiscard]] std::string url() const;

  /// Ends the thread and shows what was written.
  [[nodiscard]] const server_books& stop();

 private:
  boost::asio::awaitable<void> accept_all();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
  struct reaction {
    std::optional<server_answer> answer;
    bool holds = false;
  };
  reaction handle(const server_request& request);
  server_answer carry_out(const server_request& request);
  server_answer take_settlement(const server_request& request, std::map<std::string, std::string>& into);
  server_answer take_events(const server_request& request);

  fault_plan faults_;
  server_books books_;
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  unsigned short port_;
  std::thread thread_;
};

} // namespace troupe::retail
