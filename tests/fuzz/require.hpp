#pragma once

#include <cstdio>
#include <cstdlib>

namespace troupe::fuzz {

/// Ends the program, as a crash that the fuzzer keeps, when something that must hold for every input does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

} // namespace troupe::fuzz
