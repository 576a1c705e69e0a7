#include "platform/websocket/close_code.hpp"

#include "platform/base/escape.hpp"

namespace troupe::websocket {

bool may_be_received(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

bool may_be_sent(std::uint16_t code) noexcept { return code != 1010 && may_be_received(code); }

std::string_view fitting_reason(std::string_view reason) noexcept {
  std::size_t fits = 0;
  for (std::size_t i = 0; i < reason.size();) {
    const auto size = base::utf8_character(reason.substr(i));
    if (size == 0) return {};
    i += size;
    if (i > longest_reason) break;
    fits = i;
  }
  return reason.substr(0, fits);
}

} // namespace troupe::websocket
