#include "platform/actor/envelope.hpp"

namespace troupe::actor {

std::string trace_context::request_id() const {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    const auto shift = 60 - 4 * i;
    out[i] = hex[(trace_high >> shift) & 15];
    out[16 + i] = hex[(trace_low >> shift) & 15];
  }
  return out;
}

} // namespace troupe::actor
