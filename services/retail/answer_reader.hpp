#pragma once

#include "platform/base/result.hpp"
#include "services/retail/replay_answer.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <string_view>

namespace troupe::retail {

/// A server's bytes in, one HTTP/1.1 answer out; knows no socket. Bounds: head 16 KiB, body 1 MiB, a chunk's head or trailer
/// section 64 KiB. Source: RFC 9112 sections 4, 6 and 7.
class answer_reader {
 public:
  answer_reader();

  /// Takes the next bytes; true when the answer is complete. Errors: invalid_argument for what is no answer or beyond a bound.
  [[nodiscard]] base::result<bool> take(std::string_view bytes);

  /// The server has ended the connection. Errors: unavailable when the answer is not complete without more bytes.
  [[nodiscard]] base::result<void> finish();

  [[nodiscard]] bool is_complete() const noexcept { return parser_.is_done(); }

  /// The complete answer, to be taken once.
  [[nodiscard]] http_answer answer();

  /// After `answer`: whether the connection may carry another exchange. Not when the server says so, and not when it has sent more
  /// than the answer: that would be taken for the answer to the next request.
  [[nodiscard]] bool may_go_on() const noexcept { return keep_alive_ && waiting_.empty(); }

 private:
  boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
  std::string waiting_; // not taken by the parser yet
  bool keep_alive_ = false;
};

} // namespace troupe::retail
