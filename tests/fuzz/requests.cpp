// Requests: whole, in pieces that the input itself chooses, and without the short way of plain heads. Input: a count of cuts (0 to 7), so many bytes that say where, then the
// client's bytes.

#include "platform/http/request_parser.hpp"
#include "tests/fuzz/request_stream.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::fuzz {

namespace {

// Small, so that short inputs reach them.
constexpr http::limits limits{.request_line_bytes = 200, .method_bytes = 32, .head_bytes = 512, .fields = 12, .field_name_bytes = 64,
                              .field_value_bytes = 128, .body_bytes = 600, .trailer_bytes = 128, .chunk_line_bytes = 48};

request_stream read(std::string_view bytes, const std::vector<std::size_t>& cuts, bool all_by_library = false) {
  request_stream stream(limits, all_by_library);
  std::size_t from = 0;
  for (const auto cut : cuts) {
    if (cut <= from || cut >= bytes.size()) continue;
    stream.take(bytes.substr(from, cut - from));
    from = cut;
  }
  stream.take(bytes.substr(from));
  return stream;
}

std::string_view value_of(const understood& r, std::string_view name, int& count) {
  std::string_view value;
  count = 0;
  for (const auto& [n, v] : r.fields) {
    if (!http::same_field_name(n, name)) continue;
    value = v;
    ++count;
  }
  return value;
}

void check(const understood& r) {
  require(r.path == "*" || r.path.starts_with('/'), "a path begins with '/'");
  require(r.path.find("/../") == std::string::npos && !r.path.ends_with("/.."), "a path has no dot segments");
  require(r.fields.size() <= limits.fields && r.body.size() <= limits.body_bytes, "what is accepted keeps the limits");
  int hosts = 0, lengths = 0, codings = 0;
  value_of(r, "host", hosts);
  const auto length = value_of(r, "content-length", lengths);
  value_of(r, "transfer-encoding", codings);
  require(hosts == 1 || (hosts == 0 && !r.http_1_1), "HTTP/1.1 has one Host");
  require(lengths + codings <= 1, "one framing");
  require(codings == 0 || r.http_1_1, "no coding in HTTP/1.0");
  if (lengths == 1) require(std::stoull(std::string(length)) == r.body.size(), "the body is as long as Content-Length says");
  if (lengths + codings == 0) require(r.body.empty(), "no framing, no body");
  for (const auto& [name, value] : r.fields) {
    require(!name.empty() && name.size() <= limits.field_name_bytes && value.size() <= limits.field_value_bytes, "fields keep the limits");
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "no line end in a value");
    require(name.find_first_of(" \t\r\n:") == std::string::npos, "no space in a name");
  }
}

// The refusal of a head comes with the same byte, for the same reason. That of a body may come earlier or later, but come it must: what waits
// while the other was refused is refused by the next bytes, whatever they are.
void same(request_stream& whole, request_stream pieces) {
  require(whole.requests() == pieces.requests(), "pieces give the same requests as the whole");
  require(whole.head_fault() == pieces.head_fault(), "a head is refused for the same reason however it comes");
  if (!whole.head_fault().empty()) require(whole.refused() == pieces.refused(), "a head is refused with the same status however it comes");
  if ((whole.refused() != 0) == (pieces.refused() != 0)) return;
  auto& waiting = whole.refused() != 0 ? pieces : whole;
  waiting.take(std::string(limits.head_bytes + limits.body_bytes, '\x01'));
  require(waiting.refused() != 0 && whole.requests() == pieces.requests(), "pieces are refused when the whole is");
}

} // namespace

} // namespace troupe::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe::fuzz;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t count = std::min<std::size_t>(static_cast<unsigned char>(input.front()) & 7u, input.size() - 1);
  const auto places = input.substr(1, count);
  const auto bytes = input.substr(1 + count);
  std::vector<std::size_t> cuts;
  for (const char place : places) cuts.push_back(static_cast<unsigned char>(place) * (bytes.size() / 256 + 1));
  std::sort(cuts.begin(), cuts.end());

  auto whole = read(bytes, {});
  const bool was_refused = whole.refused() != 0;
  for (const auto& request : whole.requests()) check(request);
  const auto by_library = read(bytes, {}, true);
  require(whole.requests() == by_library.requests() && whole.refused() == by_library.refused() && whole.head_fault() == by_library.head_fault(),
          "plain heads are read by the short way as by the library");
  same(whole, read(bytes, cuts));
  if (bytes.size() <= 200) {
    cuts.clear();
    for (std::size_t i = 1; i < bytes.size(); ++i) cuts.push_back(i);
    same(whole, read(bytes, cuts));
  }
  if (was_refused) {
    // Whatever follows what was refused, nothing more is read.
    const auto longer = read(std::string(bytes) + "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", {});
    require(longer.requests() == whole.requests() && longer.refused() != 0, "no byte after a refused request is parsed");
  }
  return 0;
}
