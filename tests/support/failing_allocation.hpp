#pragma once

#include <cstddef>

namespace troupe::test {

/// While it lives, one allocation of this thread fails with std::bad_alloc: that of this number, counted from 1. For programs with
/// failing_allocation.cpp, which replaces operator new.
class failing_allocation {
 public:
  explicit failing_allocation(std::size_t number) noexcept;
  ~failing_allocation();
  failing_allocation(const failing_allocation&) = delete;
  failing_allocation& operator=(const failing_allocation&) = delete;
};

/// The same until that allocation has come, whatever ends before; nothing when `number` is 0.
void fail_allocation(std::size_t number) noexcept;

} // namespace troupe::test
