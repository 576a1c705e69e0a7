#include "tests/fuzz/request_stream.hpp"

#include "platform/http/incomplete_head.hpp"

#include <memory>

namespace troupe::fuzz {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";

// A copy with nothing behind it, so that the sanitizer sees a look beyond the end.
class exact_copy {
 public:
  explicit exact_copy(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) { text.copy(bytes_.get(), size_); }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

} // namespace

void request_stream::take(std::string_view bytes) {
  if (is_over()) return;
  const exact_copy whole(waiting_ + std::string(bytes));
  waiting_.clear();
  if (in_body_) return take_body(whole.view());
  if (looked_at_ > 0 && whole.view().find(head_end, looked_at_ < head_end.size() ? 0 : looked_at_ - head_end.size() + 1) == std::string_view::npos)
    return keep_unless_hopeless(whole.view());
  take_heads(whole.view());
}

void request_stream::take_heads(std::string_view bytes) {
  using status = http::request_parser::status;
  onlooker_.reset();
  looked_at_ = 0;
  while (!bytes.empty() && !is_over()) {
    // Empty lines are kept while nothing else is there, so that they are counted however they come.
    const auto with_empty_lines = bytes;
    if (!http::skip_empty_lines(bytes, limits_) || bytes.empty() || bytes == "\r") return keep_unless_hopeless(with_empty_lines);
    head_parser_.reset();
    std::size_t consumed = 0;
    switch (head_parser_.parse(bytes, consumed)) {
    case status::refused:
      if (!head_parser_.head_complete()) return refuse_head(head_parser_.why_refused());
      refused_ = head_parser_.why_refused().status;
      return;
    case status::complete: keep(head_parser_.request()); break;
    case status::need_more:
      if (head_parser_.head_complete()) {
        const auto head_bytes = bytes.find(head_end) + head_end.size();
        head_ = bytes.substr(0, head_bytes);
        in_body_ = true;
        body_parser_.reset();
        static_cast<void>(body_parser_.parse(head_, consumed));
        return take_body(bytes.substr(head_bytes));
      }
      return keep_unless_hopeless(with_empty_lines);
    }
    bytes.remove_prefix(consumed);
  }
}

void request_stream::keep_unless_hopeless(std::string_view bytes) {
  looked_at_ = bytes.size();
  if (const auto why = onlooker_.look(bytes); !why.detail.empty()) {
    refuse_head(why);
  } else {
    waiting_ = bytes;
  }
}

void request_stream::refuse_head(const http::refusal& why) {
  refused_ = why.status;
  head_fault_ = why.detail;
}

void request_stream::take_body(std::string_view bytes) {
  using status = http::request_parser::status;
  std::size_t consumed = 0;
  const auto said = bytes.empty() ? status::need_more : body_parser_.parse(bytes, consumed);
  bytes.remove_prefix(consumed);
  switch (said) {
  case status::refused: refused_ = body_parser_.why_refused().status; return;
  case status::need_more: waiting_ = bytes; return;
  case status::complete: break;
  }
  keep(body_parser_.request());
  in_body_ = false;
  take_heads(bytes);
}

void request_stream::keep(const http::request& r) {
  understood u{std::string(r.method_text), std::string(r.target), std::string(r.path), std::string(r.query), std::string(r.body), {},
               r.http_1_1, r.keep_alive};
  for (const auto& f : r.fields) u.fields.emplace_back(f.name, f.value);
  ended_ = !r.keep_alive;
  requests_.push_back(std::move(u));
}

} // namespace troupe::fuzz
