#pragma once

#include <atomic>
#include <cstdint>

namespace troupe::test {

/// What a kernel does that cannot go on with a ring. tests/system/ring_faults.py has the same.
struct ring_plan {
  std::atomic<std::int32_t> refused;    ///< so many operations of each run, the last ones, are not taken
  std::atomic<std::int32_t> unanswered; ///< and so many before those are taken, it says, and never answered
};

/// Of this process; in a server under test, that of the file RING_FAULTS, which the test has mapped too.
ring_plan& ring_faults();

} // namespace troupe::test
