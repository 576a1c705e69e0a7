// The server_name extension of a ClientHello. Input: its bytes.

#include "platform/net/asked_name.hpp"
#include "tests/fuzz/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

// The only extension that holds this name. Source: RFC 6066 section 3.
std::vector<unsigned char> extension_of(std::string_view name) {
  const auto list = name.size() + 3;
  std::vector<unsigned char> out;
  for (const auto part : {list >> 8, list & 0xff, std::size_t{0}, name.size() >> 8, name.size() & 0xff}) out.push_back(static_cast<unsigned char>(part));
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using troupe::fuzz::require;
  const std::vector<unsigned char> extension(data, data + size); // a copy with nothing behind it
  const auto name = troupe::net::asked_name(extension);
  if (name) require(extension_of(*name) == extension, "a name is read from the one extension that holds it");
  // And whatever can be a name is read again.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool can_be = size <= troupe::net::longest_asked_name && text.find('\0') == std::string_view::npos;
  const auto made = extension_of(text.substr(0, 0xffff - 3));
  const auto again = troupe::net::asked_name(made);
  require(again.has_value() == can_be && (!again || *again == text), "every possible name is read, and no other");
  return 0;
}
