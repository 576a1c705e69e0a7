// What a client offers in Sec-WebSocket-Extensions. Input: the field's value; a line end begins another field.

#include "platform/websocket/extension_offers.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using troupe::fuzz::require;
using troupe::websocket::extension_offers;

extension_offers read(std::string_view fields) {
  extension_offers offers;
  for (;;) {
    const auto end = fields.find('\n');
    const std::string copy(fields.substr(0, end)); // with nothing behind it, so that the sanitizer sees a look beyond the end
    offers.take(copy);
    if (end == std::string_view::npos) return offers;
    fields.remove_prefix(end + 1);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view fields(reinterpret_cast<const char*>(data), size);
  const auto offers = read(fields);
  // Spaces and empty elements around a list change nothing.
  const auto spaced = read(" ,\t" + std::string(fields) + " , ");
  require(spaced.is_malformed() == offers.is_malformed(), "space around a list changes nothing");
  if (offers.is_malformed()) return 0;
  require(spaced.agreement().has_value() == offers.agreement().has_value(), "space around a list changes no agreement");
  // Whatever was offered, an offer behind it that can be accepted is, unless one before it was.
  const auto more = read(std::string(fields) + ", permessage-deflate; server_max_window_bits=9");
  require(more.agreement().has_value(), "the last of the offers can be accepted");
  if (!offers.agreement()) {
    require(more.agreement()->window_bits == 9, "no other offer could");
    return 0;
  }
  const auto& agreed = *offers.agreement();
  require(agreed.window_bits >= 9 && agreed.window_bits <= 15, "zlib can keep to the window");
  require(more.agreement()->window_bits == agreed.window_bits, "the first that can be accepted is");
  require(fields.find("permessage-deflate") != std::string_view::npos, "nothing is agreed on that was not offered");
  require(agreed.was_asked_for_bits || agreed.window_bits == 15, "the window is the largest when the client does not mind");
  // The answer has the grammar of an offer, and says the same.
  auto line = field_line(agreed);
  line = line.substr(line.find(' '), line.size() - 2 - line.find(' '));
  const auto answer = read(line);
  require(!answer.is_malformed() && answer.agreement() && answer.agreement()->window_bits == agreed.window_bits, "the answer says what was agreed on");
  return 0;
}
