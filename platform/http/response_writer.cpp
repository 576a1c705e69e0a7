#include "platform/http/response_writer.hpp"

#include <charconv>
#include <cstring>

namespace troupe::http {

namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_status_line(std::string& out, std::uint16_t status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

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
  append_status_line(out, r.status);
  out += date_line;
  if (!r.content_type.empty()) {
    out += "Content-Type: ";
    out += r.content_type;
    out += "\r\n";
  }
  out += r.prepared_fields.view();
  out += r.fields;
  if (!has_body(r.status)) {
    if (r.status == 205) out += "Content-Length: 0\r\n";
  } else if (r.is_streamed) {
    if (frame.http_1_1) out += "Transfer-Encoding: chunked\r\n";
  } else {
    out += "Content-Length: ";
    append_number(out, r.content_length());
    out += "\r\n";
  }
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!frame.http_1_1) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

void write_chunk_line(std::string& out, std::size_t bytes) {
  append_number(out, bytes, 16);
  out += "\r\n";
}

} // namespace troupe::http
