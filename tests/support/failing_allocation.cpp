#include "tests/support/failing_allocation.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t until_failure = 0;

void* allocate(std::size_t size) noexcept {
  if (until_failure > 0 && --until_failure == 0) return nullptr;
  return std::malloc(std::max<std::size_t>(size, 1));
}

void* allocate_or_throw(std::size_t size) {
  if (auto* bytes = allocate(size)) return bytes;
  throw std::bad_alloc();
}

} // namespace

// All but the aligned ones, which keep to themselves.
void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete[](void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }
void operator delete[](void* bytes, std::size_t) noexcept { std::free(bytes); }
void operator delete(void* bytes, const std::nothrow_t&) noexcept { std::free(bytes); }
void operator delete[](void* bytes, const std::nothrow_t&) noexcept { std::free(bytes); }

namespace troupe::test {

void fail_allocation(std::size_t number) noexcept { until_failure = number; }

failing_allocation::failing_allocation(std::size_t number) noexcept { fail_allocation(number); }
failing_allocation::~failing_allocation() { fail_allocation(0); }

} // namespace troupe::test
