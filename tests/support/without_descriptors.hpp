#pragma once

#include <sys/resource.h>

#include <stdexcept>

namespace troupe::test {

/// What an action gives while this process can open nothing; what is open stays open.
template <class Action>
auto without_descriptors(Action action) {
  struct limit {
    limit() {
      if (::getrlimit(RLIMIT_NOFILE, &before) != 0) throw std::runtime_error("getrlimit");
      const rlimit none{0, before.rlim_max};
      if (::setrlimit(RLIMIT_NOFILE, &none) != 0) throw std::runtime_error("setrlimit");
    }
    ~limit() { ::setrlimit(RLIMIT_NOFILE, &before); }
    limit(const limit&) = delete;
    limit& operator=(const limit&) = delete;
    rlimit before{};
  };
  const limit none;
  return action();
}

} // namespace troupe::test
