#include "services/retail/replay_connection.hpp"

#include "services/retail/retry_rule.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe::retail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

constexpr std::uint32_t max_head_bytes = 16 * 1024;
constexpr std::uint64_t max_body_bytes = 1024 * 1024;
constexpr std::size_t max_buffer_bytes = 64 * 1024;

http_answer failed(const char* step, const error_code& why) {
  http_answer answer;
  answer.failure = std::string(step) + ": " + why.message();
  return answer;
}

} // namespace

replay_connection::replay_connection(const asio::any_io_executor& executor, const endpoints& to,
                                     std::chrono::seconds timeout)
    : executor_(executor), to_(&to), timeout_(timeout), received_(max_buffer_bytes) {}

void replay_connection::close() {
  if (stream_) stream_->close();
}

asio::awaitable<std::string> replay_connection::open() {
  stream_.emplace(executor_);
  received_.clear();
  error_code why;
  stream_->expires_after(timeout_);
  co_await stream_->async_connect(*to_, redirect_error(use_awaitable, why));
  if (why) co_return "connect: " + why.message();
  // A request is one write and waits for its answer: nothing is gained by holding it back.
  stream_->socket().set_option(asio::ip::tcp::no_delay(true), why);
  co_return std::string();
}

asio::awaitable<http_answer> replay_connection::read_answer() {
  http::response_parser<http::string_body> parser;
  parser.header_limit(max_head_bytes);
  parser.body_limit(max_body_bytes);
  error_code why;
  stream_->expires_after(timeout_);
  co_await http::async_read(*stream_, received_, parser, redirect_error(use_awaitable, why));
  if (why) co_return failed("answer", why);

  http_answer answer;
  auto message = parser.release();
  answer.status = message.result_int();
  const auto retry_after = message[http::field::retry_after];
  answer.retry_after = parse_retry_after({retry_after.data(), retry_after.size()});
  answer.body = std::move(message.body());
  if (!message.keep_alive()) stream_.reset();
  co_return answer;
}

asio::awaitable<http_answer> replay_connection::exchange(const std::string& request) {
  http_answer answer;
  if (!stream_) answer.failure = co_await open();
  if (answer.failure.empty()) {
    error_code why;
    stream_->expires_after(timeout_);
    co_await asio::async_write(*stream_, asio::buffer(request), redirect_error(use_awaitable, why));
    if (why)
      answer = failed("send", why);
    else
      answer = co_await read_answer();
  }
  if (answer.status == 0)
    stream_.reset();
  else if (stream_)
    stream_->expires_never();
  co_return answer;
}

} // namespace troupe::retail
