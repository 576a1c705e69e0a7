#pragma once

#include "platform/base/error.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::base {

/// A value or an error; what every fallible function of Troupe returns. `value()` on an error throws.
template <class T>
using result = boost::system::result<T, error>;

/// An error result in one expression: `return base::fail(errc::not_found, "no product 7")`.
[[nodiscard]] inline error fail(errc code, std::string detail) { return {code, std::move(detail)}; }

/// What `result::value()` does on an error: a programming mistake, so it throws. Found by boost::system through the error's namespace.
[[noreturn]] inline void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw std::runtime_error(std::string(name(e.code)) + ": " + e.detail);
}

} // namespace troupe::base
