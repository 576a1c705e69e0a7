#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::http {

/// Why a request is refused: the status to answer, after which the connection closes.
struct refusal {
  std::uint16_t status = 400;
  std::string_view detail; ///< static storage; empty: it is not refused
};

inline constexpr refusal wrong_line_end{400, "lines end with CR LF"};
inline constexpr refusal line_folded{400, "folded field lines are refused"};

} // namespace troupe::http
