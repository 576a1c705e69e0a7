#pragma once

#include "services/retail/replay_answer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe::retail {

/// One keep-alive HTTP/1.1 connection of a client, opened when it is needed and again after it was lost.
/// Answers are bounded: head 16 KiB, body 1 MiB. Thread: the executor's, one exchange at a time.
class replay_connection {
 public:
  using endpoints = boost::asio::ip::tcp::resolver::results_type;

  /// `to` must outlive the connection. `timeout` holds for connecting, for sending and for answering, each.
  replay_connection(const boost::asio::any_io_executor& executor, const endpoints& to,
                    std::chrono::seconds timeout);

  /// Sends a request and reads its answer. Never throws; what went wrong is in the answer, and the connection
  /// is closed then. `request` must live until the answer is there.
  [[nodiscard]] boost::asio::awaitable<http_answer> exchange(const std::string& request);

  /// Ends an exchange under way at once, as a failure.
  void close();

 private:
  boost::asio::awaitable<std::string> open();
  boost::asio::awaitable<http_answer> read_answer();

  boost::asio::any_io_executor executor_;
  const endpoints* to_;
  std::chrono::seconds timeout_;
  std::optional<boost::beast::tcp_stream> stream_; // empty: not connected
  std::vector<char> received_; // what one read brings
};

} // namespace troupe::retail
