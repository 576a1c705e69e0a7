#include "platform/http/request_parser.hpp"

#include "platform/http/client_claims.hpp"
#include "platform/http/incomplete_chunk.hpp"
#include "platform/http/incomplete_head.hpp"
#include "platform/http/plain_head.hpp"
#include "platform/http/target.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace troupe::http {

namespace {

namespace beast = boost::beast;
using beast_error = boost::beast::http::error;
using boost::beast::http::field;
using boost::beast::http::verb;

constexpr method to_method(verb v) noexcept {
  switch (v) {
  case verb::get: return method::get;
  case verb::head: return method::head;
  case verb::post: return method::post;
  case verb::put: return method::put;
  case verb::patch: return method::patch;
  case verb::delete_: return method::del;
  case verb::options: return method::options;
  case verb::trace: return method::trace;
  case verb::connect: return method::connect;
  default: return method::other;
  }
}

std::string_view view(beast::string_view text) noexcept { return {text.data(), text.size()}; }

bool equal_without_case(std::string_view a, std::string_view lower) noexcept {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

// Whether a list of options, as that of Connection, has this one. Source: RFC 9110 sections 5.6.1 and 7.6.1.
bool lists_option(std::string_view list, std::string_view lower) noexcept {
  while (!list.empty()) {
    auto option = list.substr(0, list.find(','));
    list.remove_prefix(std::min(option.size() + 1, list.size()));
    option.remove_prefix(std::min(option.find_first_not_of(" \t"), option.size()));
    option = option.substr(0, option.find_last_not_of(" \t") + 1);
    if (equal_without_case(option, lower)) return true;
  }
  return false;
}

constexpr refusal head_too_large{431, "the head of the request is too large"};
constexpr std::string_view last_chunk = "0\r\n\r\n";

// What the library's own errors mean to the client.
refusal translate(const beast::error_code& ec) noexcept {
  if (ec == beast_error::bad_method) return {400, "the method is not a token followed by one space"};
  if (ec == beast_error::bad_target) return {400, "the target holds a byte that is not allowed"};
  if (ec == beast_error::bad_version) return version_missing;
  if (ec == beast_error::bad_field) return {400, "a field name is not a token directly followed by a colon"};
  if (ec == beast_error::bad_value) return {400, "a field value holds a control character"};
  if (ec == beast_error::bad_line_ending) return wrong_line_end;
  if (ec == beast_error::bad_obs_fold) return line_folded;
  if (ec == beast_error::bad_content_length) return {400, "Content-Length must be one decimal number and stand alone"};
  if (ec == beast_error::multiple_content_length) return {400, "Content-Length must occur once"};
  if (ec == beast_error::bad_transfer_encoding) return {400, "Transfer-Encoding must occur once, without Content-Length"};
  if (ec == beast_error::bad_chunk) return chunk_malformed;
  if (ec == beast_error::bad_chunk_extension) return {400, "a chunk extension is malformed"};
  if (ec == beast_error::header_limit) return head_too_large;
  if (ec == beast_error::body_limit) return {413, "the body is larger than this server accepts"};
  return {400, "the request is malformed"};
}

} // namespace

// The library calls back while it parses; every decision about framing is made in these callbacks.
struct request_parser::implementation {
  class parser final : public beast::http::basic_parser<true> {
   public:
    explicit parser(implementation& owner) : owner_(owner) {
      eager(true);
      // One byte over, so that a head of exactly the limit passes the library and ours alone decides.
      header_limit(static_cast<std::uint32_t>(owner.bounds.head_bytes + 1));
      body_limit(owner.bounds.body_bytes);
    }

   private:
    void on_request_impl(verb v, beast::string_view method_text, beast::string_view target, int version,
                         beast::error_code& ec) override {
      owner_.begin(to_method(v), view(method_text), view(target), version, ec);
    }
    void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
    void on_field_impl(field f, beast::string_view name, beast::string_view value, beast::error_code& ec) override {
      if (owner_.head_done) return owner_.drop_trailer(view(name), view(value), ec);
      owner_.add_field(f, view(name), view(value), ec);
    }
    void on_header_impl(beast::error_code& ec) override { owner_.end_head(ec); }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code& ec) override { ec = {}; }
    std::size_t on_body_impl(beast::string_view body, beast::error_code& ec) override {
      return owner_.add_body(view(body), ec);
    }
    void on_chunk_header_impl(std::uint64_t size, beast::string_view extensions, beast::error_code& ec) override {
      owner_.chunk_left = size;
      ec = {};
      // The size stands before them, behind a line end.
      const auto* begin = extensions.data();
      while (begin != owner_.input.data() && begin[-1] != '\n') --begin;
      owner_.chunk_begin = begin;
      const auto line = static_cast<std::size_t>(extensions.data() + extensions.size() - begin);
      if (line > owner_.bounds.chunk_line_bytes) return owner_.refuse(400, chunk_line_too_long, ec);
      // The library lets a quoted value hold any byte.
      if (std::any_of(extensions.begin(), extensions.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }))
        owner_.refuse(400, "a chunk extension holds a control character", ec);
    }
    std::size_t on_chunk_body_impl(std::uint64_t left, beast::string_view body, beast::error_code& ec) override {
      owner_.chunk_left = left - body.size();
      return owner_.add_body(view(body), ec);
    }
    void on_finish_impl(beast::error_code& ec) override { ec = {}; }

    implementation& owner_;
  };

  implementation(const http::limits& l, bool all_by_library) : bounds(l), takes_plain_heads(!all_by_library) { fields.reserve(32); }

  void reset() {
    machine.reset();
    fields.clear();
    body_view = {};
    if (body_pieces.capacity() > 64 * 1024) body_pieces = {}; // one large body must not be paid for ever after
    body_pieces.clear();
    message = {};
    head_done = wants_close = wants_keep_alive = false;
    hosts = lengths = codings = expectations = 0;
    coding_refused = 0;
    chunk_begin = nullptr;
    chunk_left = 0;
    looked_at = lines_end = 0;
    why = {};
  }

  // A request that takes the short way is complete with its head. What does not take it leaves no trace here.
  [[nodiscard]] bool take_plain(std::string_view bytes, std::size_t& consumed) {
    if (!takes_plain_heads) return false;
    consumed = take_plain_head(bytes, bounds, message, fields, path_scratch);
    head_done = consumed > 0;
    if (head_done) {
      message.fields = fields;
    } else {
      message = {};
      fields.clear();
    }
    return head_done;
  }

  void refuse(std::uint16_t status, std::string_view detail, beast::error_code& ec) noexcept {
    why = {status, detail};
    ec = beast_error::bad_value; // any error stops the library; ours says why
  }

  void begin(method m, std::string_view method_text, std::string_view target, int version, beast::error_code& ec) {
    if (method_text.size() > bounds.method_bytes) return refuse(501, "the method is too long to be one", ec);
    const std::size_t line = method_text.size() + target.size() + std::string_view("  HTTP/1.1").size();
    if (line > bounds.request_line_bytes) return refuse(414, "the request line is too long", ec);
    message.method = m;
    message.method_text = method_text;
    message.target = target;
    message.http_1_1 = version == 11;
    if (m == method::other) return refuse(501, "the method is not known here", ec);
    if (m == method::connect) return refuse(501, "this server is not a tunnel", ec); // no resource here could allow it: 405 would need an Allow
    const auto parts = split_target(target, path_scratch);
    if (!parts.refusal.empty()) return refuse(400, parts.refusal, ec);
    if (parts.path == "*" && m != method::options) return refuse(400, "the target * belongs to OPTIONS", ec);
    message.path = parts.path;
    message.query = parts.query;
  }

  // The library unfolds obsolete line folding into a buffer of its own; a value that lies outside our bytes was folded. It
  // needs no buffer when nothing stands before the fold: then a line's end lies between name and value. An empty value says
  // nothing by its place, so its line is looked at.
  [[nodiscard]] bool is_folded(std::string_view name, std::string_view value) const noexcept {
    if (!value.empty()) {
      if (value.data() < input.data() || value.data() >= input.data() + input.size()) return true;
      const auto* const name_end = name.data() + name.size();
      return std::find(name_end, value.data(), '\r') != value.data();
    }
    const auto begin = static_cast<std::size_t>(name.data() - input.data());
    const auto end = input.find("\r\n", begin);
    return end == std::string_view::npos || end + 2 >= input.size() || input[end + 2] == ' ' || input[end + 2] == '\t';
  }

  void add_field(field f, std::string_view name, std::string_view value, beast::error_code& ec) {
    if (fields.size() >= bounds.fields) return refuse(431, "the request has too many fields", ec);
    if (name.size() > bounds.field_name_bytes) return refuse(431, "a field name is too long", ec);
    if (value.size() > bounds.field_value_bytes) return refuse(431, "a field value is too long", ec);
    if (is_folded(name, value)) return refuse(400, line_folded.detail, ec);
    switch (f) {
    case field::host:
      if (++hosts > 1) return refuse(400, "Host must occur once", ec);
      if (!value.empty() && !is_authority(value)) // empty: the target has no authority
        return refuse(400, "Host must be one host with an optional port", ec);
      break;
    case field::content_length:
      if (++lengths > 1) return refuse(400, "Content-Length must occur once", ec);
      // 2^63 and above are no lengths: what is signed elsewhere would overflow.
      if (value.empty() || value.size() > 19 || (value.size() == 19 && value > "9223372036854775807") ||
          !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return refuse(400, "Content-Length must be one decimal number below 2^63", ec);
      break;
    case field::transfer_encoding:
      if (++codings > 1) return refuse(400, "Transfer-Encoding must occur once", ec);
      if (stands_beside_tab(name, value)) return refuse(400, "a TAB stands beside the value of Transfer-Encoding", ec);
      if (!equal_without_case(value, "chunked")) coding_refused = looks_like_a_coding(value) ? 501 : 400;
      break;
    case field::expect:
      if (++expectations > 1 || !equal_without_case(value, "100-continue"))
        return refuse(417, "the only expectation that is met here is 100-continue", ec);
      message.expects_continue = message.http_1_1;
      break;
    case field::connection:
      wants_close = wants_close || lists_option(value, "close");
      wants_keep_alive = wants_keep_alive || lists_option(value, "keep-alive");
      break;
    default: break;
    }
    http::add_field(fields, message.claims, {name, value});
    last = value.empty() ? name : value;
  }

  // Such a TAB is no part of the value for some readers, and one for others, which then know no coding and no end of the body.
  [[nodiscard]] bool stands_beside_tab(std::string_view name, std::string_view value) const noexcept {
    const auto line = input.substr(static_cast<std::size_t>(name.data() - input.data()) + name.size());
    const auto blanks = line.substr(0, line.find('\r'));
    return !value.empty() && blanks.find('\t') != std::string_view::npos;
  }

  static bool looks_like_a_coding(std::string_view text) noexcept {
    return !text.empty() && !equal_without_case(text.substr(0, 7), "chunked") &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; });
  }

  void end_head(beast::error_code& ec) {
    if (message.http_1_1 && hosts == 0) return refuse(400, "HTTP/1.1 requires a Host field", ec);
    if (codings > 0 && lengths > 0) return refuse(400, "Content-Length and Transfer-Encoding exclude each other", ec);
    if (codings > 0 && !message.http_1_1) return refuse(400, "HTTP/1.0 knows no Transfer-Encoding", ec);
    if (coding_refused != 0) return refuse(coding_refused, "the only transfer coding accepted is chunked", ec);
    if (fields.empty()) last = message.target;
    const auto head_bytes = static_cast<std::size_t>(last.data() + last.size() - input.data()) + std::string_view("\r\n\r\n").size();
    if (head_bytes > bounds.head_bytes) return refuse(431, head_too_large.detail, ec);
    message.fields = fields;
    // The library would let Proxy-Connection decide, and keep-alive beside close in HTTP/1.0. Source: RFC 9112 section 9.3.
    message.keep_alive = !wants_close && (message.http_1_1 || wants_keep_alive);
    head_done = true;
    ec = {};
  }

  // Trailer fields are never merged into the fields, whatever their names.
  void drop_trailer(std::string_view name, std::string_view value, beast::error_code& ec) {
    ec = {};
    if (is_folded(name, value)) refuse(400, line_folded.detail, ec);
  }

  std::size_t add_body(std::string_view piece, beast::error_code& ec) {
    ec = {};
    if (body_view.empty() && body_pieces.empty()) {
      body_view = piece; // a body in one piece is not copied
    } else {
      if (body_pieces.empty()) body_pieces.assign(body_view);
      body_pieces.append(piece);
    }
    return piece.size();
  }

  // Every line goes through the library as soon as it is whole, by itself and with a byte behind it that does not fold it: it has no more than
  // that byte left then, and does not wait for the end of the head.
  refusal look(std::string_view head) {
    if (!skip_empty_lines(head, bounds)) return {400, "too many empty lines before the request line"};
    if (head.empty() || head == "\r") return {};
    if (!machine) machine.emplace(*this);
    const auto within = head.substr(0, bounds.head_bytes);
    for (;;) {
      const auto line = next_line(within, lines_end, looked_at);
      const auto fault = lines_end == 0 ? request_line_fault(line, bounds) : field_line_fault(line);
      if (!fault.detail.empty()) return fault;
      if (!line.is_whole) break;
      if (line.text.empty()) return {}; // the head is complete
      lines_end += line.text.size() + 2;
      const auto alone = std::string(line.text).append("\r\n.");
      input = alone;
      beast::error_code ec;
      machine->put({alone.data(), alone.size()}, ec);
      if (ec && ec != beast_error::need_more) return why.detail.empty() ? translate(ec) : why;
    }
    looked_at = within.size();
    return head.size() > bounds.head_bytes ? head_too_large : refusal{};
  }

  // The library looks at everything that is there, and begins anew with each call: a line that is not whole, and what follows a fault, must not
  // decide. So a head without an end here is looked at line by line before it is refused, as one that comes in pieces.
  status judge_head(std::string_view head, bool is_refused) {
    const bool is_whole = head.find("\r\n\r\n") != std::string_view::npos;
    if (!is_refused && !is_whole) return status::need_more;
    const auto of_all = is_refused ? why : version_missing; // the library wants eight bytes of a version, and looks for them behind the line
    reset();
    why = look(head);
    if (why.detail.empty() && is_whole) why = of_all;
    return why.detail.empty() ? status::need_more : status::refused;
  }

  // What the caller gave is about to go away: keep the body that lies in it.
  void hold_body() {
    if (body_pieces.empty()) body_pieces.assign(body_view);
    body_view = {};
  }

  http::limits bounds;
  bool takes_plain_heads;
  std::optional<parser> machine; // from the first bytes on that do not take the short way
  http::request message;
  std::vector<header_field> fields;
  std::string path_scratch;
  std::string_view input;
  std::string_view last; // what stands last in the head: a value, or the name of an empty one
  std::string_view body_view;
  std::string body_pieces;
  refusal why;
  int hosts = 0, lengths = 0, codings = 0, expectations = 0;
  std::uint16_t coding_refused = 0;
  std::uint64_t chunk_left = 0;      // of the present chunk's data
  const char* chunk_begin = nullptr; // of the last chunk's line in `input`
  std::size_t looked_at = 0, lines_end = 0; // of an incomplete head: bytes seen, and the end of the lines that the library has
  bool head_done = false, wants_close = false, wants_keep_alive = false;
};

request_parser::request_parser(const http::limits& limits, bool all_by_library)
    : implementation_(std::make_unique<implementation>(limits, all_by_library)) {}
request_parser::request_parser(request_parser&&) noexcept = default;
request_parser& request_parser::operator=(request_parser&&) noexcept = default;
request_parser::~request_parser() = default;

void request_parser::reset() { implementation_->reset(); }

request_parser::status request_parser::parse(std::string_view bytes, std::size_t& consumed) {
  auto& i = *implementation_;
  if (!i.machine) {
    if (i.take_plain(bytes, consumed)) return status::complete;
    i.machine.emplace(i);
  }
  i.input = bytes;
  consumed = 0;
  // The library takes it for granted that it is never given less than a last chunk once it has seen the beginning of one.
  if (i.head_done && i.machine->chunked() && bytes.size() < last_chunk.size()) {
    if (i.chunk_left > 0 || !begins_no_chunk(bytes)) return status::need_more;
    i.why = chunk_malformed;
    return status::refused;
  }
  beast::error_code ec;
  while (consumed < bytes.size()) {
    const auto taken = i.machine->put({bytes.data() + consumed, bytes.size() - consumed}, ec);
    consumed += taken;
    if (ec || i.machine->is_done() || taken == 0) break;
  }
  const bool is_refused = ec && ec != beast_error::need_more;
  if (is_refused && i.why.detail.empty()) i.why = translate(ec);
  if (!i.head_done) return i.judge_head(bytes, is_refused);
  if (is_refused) return status::refused;
  if (i.machine->is_done()) {
    // Counted as while it comes, so that both refuse the same. The library takes the last chunk and its trailers at once.
    if (i.machine->chunked() && static_cast<std::size_t>(bytes.data() + consumed - i.chunk_begin) > i.bounds.trailer_bytes) {
      i.why = {431, trailer_too_large};
      return status::refused;
    }
    i.message.body = i.body_pieces.empty() ? i.body_view : std::string_view(i.body_pieces);
    return status::complete;
  }
  if (i.machine->chunked()) {
    i.why = hopeless_chunk(bytes.substr(consumed), i.bounds);
    if (!i.why.detail.empty()) return status::refused;
  }
  i.hold_body();
  return status::need_more;
}

refusal request_parser::look(std::string_view head) { return implementation_->look(head); }

bool request_parser::head_complete() const noexcept { return implementation_->head_done; }
const request& request_parser::request() const noexcept { return implementation_->message; }
request& request_parser::request() noexcept { return implementation_->message; }
refusal request_parser::why_refused() const noexcept { return implementation_->why; }
std::size_t request_parser::held_body_bytes() const noexcept { return implementation_->body_pieces.capacity(); }

} // namespace troupe::http
