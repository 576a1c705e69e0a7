// Values of the Idempotency-Key field.

#include "platform/http/idempotency_key.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  using fuzz::require;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto key = http::parse_idempotency_key(input);
  if (!key) return 0;
  require(!key->empty() && key->size() <= 255, "a key has 1 to 255 bytes");
  std::string quoted = "\"";
  for (const char c : *key) {
    require(c >= ' ' && c <= '~', "a key is printable");
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  require(http::parse_idempotency_key(quoted) == key, "both forms are the same key");
  return 0;
}
