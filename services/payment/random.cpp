#include "services/payment/random.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>

namespace troupe::payment {

random_bits system_random() {
  return [pool = std::array<std::uint64_t, 32>{}, left = std::size_t{0}]() mutable {
    if (left == 0) {
      if (::getentropy(pool.data(), sizeof pool) != 0)
        throw std::runtime_error("the system has no randomness");
      left = pool.size();
    }
    return pool[--left];
  };
}

} // namespace troupe::payment
