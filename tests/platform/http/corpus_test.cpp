// The corpus given to the parser as a connection gives it: in one piece, and split at every byte.

#include "platform/http/incomplete_head.hpp"
#include "platform/http/request_parser.hpp"
#include "tests/platform/http/corpus.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <random>

using namespace troupe::http;
using namespace troupe::http::test;

namespace {

/// What a connection's bytes have come to.
struct outcome {
  std::size_t requests = 0;
  std::uint16_t refused = 0; ///< the status, once the connection is refused
  std::string why;           ///< of a refused head
  bool ended = false;        ///< by a refusal, or by the client's wish after a request
  bool incomplete = false;   ///< bytes are waiting for more
  std::string path, query, body;
  std::vector<std::pair<std::string, std::string>> fields;

  bool operator==(const outcome&) const = default;
};

/// Keeps what is incomplete, as the connection actor does with its intakes.
class conversation {
 public:
  explicit conversation(const limits& bounds = {}) : bounds_(bounds), parser_(bounds), onlooker_(bounds) {}

  void feed(std::string_view bytes) {
    if (seen_.ended) return;
    waiting_ += bytes;
    while (!waiting_.empty() && !seen_.ended && take_one()) {}
    seen_.incomplete = !seen_.ended && (in_body_ || !waiting_.empty());
  }

  [[nodiscard]] const outcome& seen() const { return seen_; }

 private:
  // False: more bytes are needed.
  bool take_one() { return in_body_ ? take_body() : take_head(); }

  bool take_head() {
    if (looked_at_ > 0 && waiting_.find("\r\n\r\n", looked_at_ < 4 ? 0 : looked_at_ - 3) == std::string::npos) return hope();
    onlooker_.reset();
    looked_at_ = 0;
    std::string_view bytes = waiting_;
    if (!skip_empty_lines(bytes, bounds_) || bytes.empty() || bytes == "\r") return hope();
    parser_.reset();
    std::size_t consumed = 0;
    switch (parser_.parse(bytes, consumed)) {
    case request_parser::status::refused: return refuse(parser_.why_refused());
    case request_parser::status::complete:
      note();
      waiting_.erase(0, waiting_.size() - bytes.size() + consumed);
      return true;
    case request_parser::status::need_more: break;
    }
    if (!parser_.head_complete()) return hope();
    const auto head_bytes = bytes.find("\r\n\r\n") + 4;
    head_ = bytes.substr(0, head_bytes);
    waiting_.erase(0, waiting_.size() - bytes.size() + head_bytes);
    parser_.reset();
    REQUIRE(parser_.parse(head_, consumed) == request_parser::status::need_more);
    in_body_ = true;
    return !waiting_.empty();
  }

  bool take_body() {
    std::size_t consumed = 0;
    const auto status = parser_.parse(waiting_, consumed);
    if (status == request_parser::status::refused) return refuse(parser_.why_refused());
    if (status == request_parser::status::complete) {
      note();
      in_body_ = false;
    }
    waiting_.erase(0, consumed);
    return status == request_parser::status::complete;
  }

  bool hope() {
    const auto why = onlooker_.look(waiting_);
    looked_at_ = waiting_.size();
    return !why.detail.empty() && refuse(why);
  }

  bool refuse(const refusal& why) {
    CHECK_FALSE(why.detail.empty());
    seen_.refused = why.status;
    if (!in_body_ && !parser_.head_complete()) seen_.why = why.detail;
    seen_.ended = true;
    return true;
  }

  void note() {
    const auto& r = parser_.request();
    ++seen_.requests;
    seen_.ended = !r.keep_alive;
    seen_.path = r.path;
    seen_.query = r.query;
    seen_.body = r.body;
    seen_.fields.clear();
    for (const auto& f : r.fields) seen_.fields.emplace_back(f.name, f.value);
  }

  limits bounds_;
  request_parser parser_;
  request_parser onlooker_; ///< at heads that are not complete
  std::size_t looked_at_ = 0;
  outcome seen_;
  std::string waiting_, head_;
  bool in_body_ = false;
};

outcome outcome_of(std::initializer_list<std::string_view> pieces) {
  conversation c;
  for (const auto piece : pieces) {
    if (c.seen().ended) break; // nothing takes what follows
    // In memory of its own, so that a look beyond its end is found.
    const std::vector<char> copy(piece.begin(), piece.end());
    c.feed({copy.data(), copy.size()});
  }
  return c.seen();
}

std::optional<std::string> field_of(const outcome& o, std::string_view name) {
  for (const auto& [n, value] : o.fields) {
    if (same_field_name(n, name)) return value;
  }
  return std::nullopt;
}

void check_one(const outcome& o, const std::string& what, const std::string& expected) {
  INFO(what << " " << expected);
  if (what == "path") CHECK(o.path == expected);
  if (what == "query") CHECK(o.query == expected);
  if (what == "body") CHECK(o.body == expected);
  if (what == "no-field") CHECK_FALSE(field_of(o, expected));
  if (what == "field") {
    const auto colon = expected.find(':');
    const auto value = expected.substr(std::min(expected.size(), expected.find_first_not_of(' ', colon + 1)));
    CHECK(field_of(o, expected.substr(0, colon)) == value);
  }
}

void check_whole(const corpus_case& c, const outcome& o) {
  const auto answers = static_cast<std::size_t>(
      std::count_if(c.statuses.begin(), c.statuses.end(), [](auto status) { return status >= 200; }));
  CHECK(o.requests == answers - (c.is_refused ? 1 : 0));
  CHECK(o.refused == (c.is_refused ? c.statuses.back() : 0));
  CHECK(o.ended == (c.ending == corpus_case::ending::close));
  if (c.ending != corpus_case::ending::open) CHECK(o.incomplete == (c.ending == corpus_case::ending::wait));
  for (const auto& [what, expected] : c.checks) check_one(o, what, expected);
}

/// Every byte, but of the few cases that are longer than this: of those every byte near both ends and near the limit of a head, and a few hundred
/// places between. All of their bytes would take a minute.
std::size_t next_split(std::size_t at, std::size_t size) {
  constexpr std::size_t all_of = 5000, near = 300;
  const auto head = limits{}.head_bytes;
  if (size <= all_of || at < near || at + near > size || (at + near > head && at < head + near)) return at + 1;
  const auto next = at + size / 400;
  return at < head - near ? std::min({next, head - near + 1, size - near + 1}) : std::min(next, size - near + 1);
}

void run(const char* name) {
  const auto cases = load_corpus(std::filesystem::path(TROUPE_CORPUS) / (std::string(name) + ".corpus"));
  REQUIRE_FALSE(cases.empty());
  for (const auto& c : cases) {
    INFO(c.title);
    const auto whole = outcome_of({c.bytes});
    check_whole(c, whole);
    const std::string_view bytes = c.bytes;
    for (std::size_t at = 1; at < bytes.size(); at = next_split(at, bytes.size())) {
      INFO("split at " << at);
      const auto split = outcome_of({bytes.substr(0, at), bytes.substr(at)});
      REQUIRE(split == whole);
    }
    if (bytes.size() > 4096) continue;
    conversation slow;
    for (const char byte : bytes) slow.feed({&byte, 1});
    INFO("byte by byte");
    REQUIRE(slow.seen() == whole);
  }
}

} // namespace

TEST_CASE("C-1 to C-14: request lines are answered as the corpus says, in one piece and in two") { run("request_line"); }
TEST_CASE("C-15 to C-23: targets are answered as the corpus says, in one piece and in two") { run("target"); }
TEST_CASE("C-22, C-24: Host is answered as the corpus says, in one piece and in two") { run("host"); }
TEST_CASE("C-25 to C-30: framing is answered as the corpus says, in one piece and in two") { run("framing"); }
TEST_CASE("C-31 to C-37: fields are answered as the corpus says, in one piece and in two") { run("fields"); }
TEST_CASE("C-38 to C-41, C-68 to C-73: connections are answered as the corpus says, in one piece and in two") { run("connection"); }
TEST_CASE("C-43 to C-48: chunks are answered as the corpus says, in one piece and in two") { run("chunked"); }
TEST_CASE("C-49 to C-52: bodies are answered as the corpus says, in one piece and in two") { run("body"); }

TEST_CASE("C-14: random bytes are refused or waited for, and never a request") {
  std::minstd_rand random(20261125);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(1 + random() % 5000, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random() >> 8);
    const auto seen = outcome_of({bytes});
    CHECK(seen.requests == 0);
  }
}

TEST_CASE("C-14: a good request with a byte changed is answered the same in one piece and in two") {
  std::minstd_rand random(14);
  const std::string good = "POST /echo?a=b HTTP/1.1\r\nHost: h\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\"\r\nx\r\n0\r\nT: u\r\n\r\n";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int round = 0; round < 8; ++round) {
      auto bytes = good;
      bytes[at] = static_cast<char>(random() >> 8);
      const auto whole = outcome_of({bytes});
      for (std::size_t split = 1; split < bytes.size(); ++split) {
        INFO("byte " << at << " is " << static_cast<int>(static_cast<unsigned char>(bytes[at])) << ", split at " << split);
        const auto apart = outcome_of({std::string_view(bytes).substr(0, split), std::string_view(bytes).substr(split)});
        REQUIRE(apart == whole);
      }
    }
  }
}

TEST_CASE("C-71: a head that stops anywhere, with a byte changed, is answered the same however it comes") {
  std::minstd_rand random(71);
  const std::string good = "\r\nPUT /a%20b?c HTTP/1.1\r\nHost: h:1\r\nExpect: 100-continue\r\nX: y\r\nTransfer-Encoding: chunked\r\nConnection: a, b\r\nZ: z";
  const std::string_view telling = "\r\n\t\0 :,/%AZ09\x7f\xff";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char byte : telling) {
      auto bytes = good;
      bytes[at] = byte;
      bytes.resize(at + 1 + random() % (bytes.size() - at));
      const auto whole = outcome_of({bytes});
      INFO("byte " << at << " of " << bytes.size() << " is " << static_cast<int>(static_cast<unsigned char>(byte)));
      conversation slow;
      for (const char one : bytes) slow.feed({&one, 1});
      REQUIRE(slow.seen() == whole);
      for (int round = 0; round < 4; ++round) {
        const auto split = random() % bytes.size();
        INFO("split at " << split);
        REQUIRE(outcome_of({std::string_view(bytes).substr(0, split), std::string_view(bytes).substr(split)}) == whole);
      }
    }
  }
}

TEST_CASE("C-31 to C-36: a malformed line is refused with its last byte, and no sooner") {
  struct {
    std::string line;
    int code;
  } const cases[] = {
      {"Bad Field: x", 400}, {"no colon", 400}, {": no name", 400}, {"X: a\x01", 400}, {"X\x7f: a", 400}, {"Host: b", 400}, {"Host: a b", 400},
      {"Content-Length: +5", 400}, {"Expect: 200-ok", 417}, {std::string(65, 'n') + ": a", 431}, {"X: " + std::string(4097, 'v'), 431},
  };
  for (const auto& c : cases) {
    INFO(c.line.substr(0, 40));
    const auto bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + c.line + "\r\n";
    conversation slow;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      INFO("byte " << i << " of " << bytes.size());
      REQUIRE(slow.seen().refused == 0);
      slow.feed({&bytes[i], 1});
    }
    CHECK(slow.seen().refused == c.code);
    CHECK(slow.seen() == outcome_of({bytes}));
    CHECK(slow.seen() == outcome_of({bytes + "Y: z\r\n\r\n"}));
    CHECK(slow.seen() == outcome_of({bytes + " folded\r\n\r\n"}));
    CHECK(slow.seen() == outcome_of({bytes + "X: bare LF\n\n"}));
  }
}
