#include "services/retail/answer_reader.hpp"

#include "services/retail/retry_rule.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe::retail {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t max_head_bytes = 16 * 1024;
constexpr std::uint64_t max_body_bytes = 1024 * 1024;
constexpr std::size_t max_waiting_bytes = 64 * 1024;
constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace

answer_reader::answer_reader() {
  parser_.header_limit(max_head_bytes);
  parser_.body_limit(max_body_bytes);
  parser_.eager(true);
}

base::result<bool> answer_reader::take(std::string_view bytes) {
  waiting_ += bytes;
  std::size_t taken = 0;
  while (!parser_.is_done() && taken < waiting_.size()) {
    // The library takes it for granted that it sees a last chunk whole once it has seen the beginning of one. All that may follow a head
    // is longer than that.
    if (parser_.is_header_done() && parser_.chunked() && waiting_.size() - taken < last_chunk.size()) break;
    boost::beast::error_code why;
    const auto more = parser_.put(boost::asio::buffer(waiting_.data() + taken, waiting_.size() - taken), why);
    taken += more;
    if (why == http::error::need_more || (!why && more == 0)) break;
    if (why) return base::fail(base::errc::invalid_argument, why.message());
  }
  waiting_.erase(0, taken);
  if (!parser_.is_done() && waiting_.size() > max_waiting_bytes)
    return base::fail(base::errc::invalid_argument, "buffer overflow");
  // Three digits are all that the library looks at. Source: RFC 9110 section 15.
  if (parser_.is_header_done() && (parser_.get().result_int() < 100 || parser_.get().result_int() > 599))
    return base::fail(base::errc::invalid_argument, "no status of 100 to 599");
  return parser_.is_done();
}

base::result<void> answer_reader::finish() {
  boost::beast::error_code why;
  if (!parser_.got_some()) why = http::error::end_of_stream;
  else if (!parser_.is_done()) parser_.put_eof(why);
  if (why) return base::fail(base::errc::unavailable, why.message());
  return {};
}

http_answer answer_reader::answer() {
  http_answer answer;
  keep_alive_ = parser_.keep_alive(); // false too when only the end of the connection has ended the body
  auto message = parser_.release();
  answer.status = message.result_int();
  const auto retry_after = message[http::field::retry_after];
  answer.retry_after = parse_retry_after({retry_after.data(), retry_after.size()});
  answer.body = std::move(message.body());
  return answer;
}

} // namespace troupe::retail
