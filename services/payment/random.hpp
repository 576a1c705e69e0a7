#pragma once

#include <cstdint>
#include <functional>

namespace troupe::payment {

/// 64 random bits, different each time. Errors: none; throws when the system has no randomness.
using random_bits = std::function<std::uint64_t()>;

/// Random bits of the system's generator. Thread: one at a time. Source: getentropy(3).
[[nodiscard]] random_bits system_random();

} // namespace troupe::payment
