#include "platform/http/response_writer.hpp"

#include <charconv>
#include <cstring>

namespace troupe::http {

namespace {

// Room for all that `write_head` adds of its own: the status line but its reason, the names of the fields, and the longest number.
constexpr std::size_t most_of_frame = 128;

// Appends pieces to a text that is made large enough for all of them at once.
class pen {
 public:
  pen(std::string& out, std::size_t most) : out_(out) {
    const auto begin = out.size();
    out.resize(begin + most);
    at_ = out.data() + begin;
  }
  void lift() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }

  void write(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void write(std::uint64_t number) noexcept { at_ = std::to_chars(at_, at_ + 20, number).ptr; }

 private:
  std::string& out_;
  char* at_;
};

} // namespace

std::string_view date_field::at(base::unix_micros now) {
  const auto second = now / 1'000'000;
  if (second != second_) {
    second_ = second;
    const auto line = "Date: " + base::to_http_date(now) + "\r\n";
    std::memcpy(line_.data(), line.data(), line_.size());
  }
  return {line_.data(), line_.size()};
}

void write_head(std::string& out, const response& r, const answer_frame& frame, std::string_view date_line) {
  const auto reason = r.status == 200 ? std::string_view("OK") : reason_phrase(r.status);
  const auto shared = r.shared_fields.view();
  const auto own = r.own_fields();
  pen p(out, most_of_frame + reason.size() + date_line.size() + r.content_type.size() + shared.size() + own.size());
  if (r.status == 200) {
    p.write("HTTP/1.1 200 OK\r\n");
  } else {
    p.write("HTTP/1.1 ");
    p.write(r.status);
    p.write(" ");
    p.write(reason);
    p.write("\r\n");
  }
  p.write(date_line);
  if (!r.content_type.empty() && !r.has_own_type()) {
    p.write("Content-Type: ");
    p.write(r.content_type);
    p.write("\r\n");
  }
  if (!shared.empty()) p.write(shared);
  if (!own.empty()) p.write(own);
  if (!has_body(r.status)) {
    if (r.status == 205) p.write("Content-Length: 0\r\n");
  } else if (r.is_streamed) {
    if (frame.http_1_1) p.write("Transfer-Encoding: chunked\r\n");
  } else {
    p.write("Content-Length: ");
    p.write(r.content_length());
    p.write("\r\n");
  }
  if (!frame.keep_alive) {
    p.write("Connection: close\r\n");
  } else if (!frame.http_1_1) {
    p.write("Connection: keep-alive\r\n");
  }
  p.write("\r\n");
  p.lift();
}

void write_chunk_line(std::string& out, std::size_t bytes) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes, 16).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += "\r\n";
}

} // namespace troupe::http
