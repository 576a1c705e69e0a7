#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::http {

/// Why a request is refused: the status to answer, after which the connection closes.
struct refusal {
  std::uint16_t status = 400;
  std::string_view detail; ///< static storage; empty: it is not refused
};

} // namespace troupe::http
