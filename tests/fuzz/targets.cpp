// Request targets, their queries, and authorities.

#include "platform/http/request.hpp"
#include "platform/http/target.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  using fuzz::require;
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::string scratch;
  const auto parts = http::split_target(input, scratch);
  static_cast<void>(http::is_authority(input));
  std::string text;
  if (http::decode_query_text(input, text)) require(text.size() <= input.size(), "decoding does not make text longer");
  if (!parts.refusal.empty()) return 0;

  const std::string path(parts.path);
  if (path != "*") {
    require(path.starts_with('/'), "a path begins with '/'");
    require(path.find('\0') == std::string::npos && path.find('\\') == std::string::npos, "a path holds no separator but '/'");
    for (const std::string_view dots : {"/./", "/../"}) require((path + "/").find(dots) == std::string::npos, "no dot segments are left");
    // What was decoded, encoded again byte by byte, is the same path: nothing is decoded twice.
    std::string encoded;
    for (const char c : path) {
      static constexpr char digits[] = "0123456789ABCDEF";
      if (c == '/') encoded += c;
      else (encoded += '%') += {digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]};
    }
    std::string again;
    const auto second = http::split_target(encoded, again);
    require(second.refusal.empty() && second.path == path, "normalising is stable");
  }
  http::request request;
  request.query = parts.query;
  for (const auto name : {"q", "page_size", ""}) static_cast<void>(request.query_parameter(name));
  return 0;
}
