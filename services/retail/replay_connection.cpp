#include "services/retail/replay_connection.hpp"

#include "services/retail/answer_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cstddef>
#include <string>

namespace troupe::retail {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

constexpr std::size_t read_bytes = 16 * 1024;

http_answer failed(const char* step, const std::string& why) {
  http_answer answer;
  answer.failure = std::string(step) + ": " + why;
  return answer;
}

} // namespace

replay_connection::replay_connection(const asio::any_io_executor& executor, const endpoints& to,
                                     std::chrono::seconds timeout)
    : executor_(executor), to_(&to), timeout_(timeout), received_(read_bytes) {}

void replay_connection::close() {
  if (stream_) stream_->close();
}

asio::awaitable<std::string> replay_connection::open() {
  stream_.emplace(executor_);
  error_code why;
  stream_->expires_after(timeout_);
  co_await stream_->async_connect(*to_, redirect_error(use_awaitable, why));
  if (why) co_return "connect: " + why.message();
  // A request is one write and waits for its answer: nothing is gained by holding it back.
  stream_->socket().set_option(asio::ip::tcp::no_delay(true), why);
  co_return std::string();
}

asio::awaitable<http_answer> replay_connection::read_answer() {
  answer_reader reader;
  stream_->expires_after(timeout_); // for the whole answer
  while (!reader.is_complete()) {
    error_code why;
    const auto got = co_await stream_->async_read_some(asio::buffer(received_), redirect_error(use_awaitable, why));
    if (why == asio::error::eof) {
      if (const auto ended = reader.finish(); !ended) co_return failed("answer", ended.error().detail);
      break;
    }
    if (why) co_return failed("answer", why.message());
    if (const auto taken = reader.take({received_.data(), got}); !taken) co_return failed("answer", taken.error().detail);
  }
  auto answer = reader.answer();
  if (!reader.may_go_on()) stream_.reset();
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
      answer = failed("send", why.message());
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
