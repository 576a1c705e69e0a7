#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::catalog {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// A hash map of strings that is searched by views, so that a look-up makes no string.
template <class Value>
using map_by_text = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

} // namespace troupe::catalog
