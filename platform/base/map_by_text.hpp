#pragma once

#include "platform/base/keyed_hash.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::base {

/// Hashes texts for one table with a secret, so that nobody can choose texts that share a bucket.
class text_hash {
 public:
  using is_transparent = void;

  text_hash() : text_hash(process_secret()) {}
  explicit text_hash(const hash_secret& secret) noexcept : secret_(secret) {}

  // Not noexcept: libstdc++ then keeps the hash of each text beside it, and need not hash the neighbours of the one that it looks for.
  std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(table_hash(secret_, text)); }

 private:
  hash_secret secret_;
};

/// A hash map of strings that come from outside: whoever chooses them cannot make its look-ups slow. It is searched by views, so that a
/// look-up makes no string. Cost of a look-up: one `table_hash`, O(1).
template <class Value>
using map_by_text = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

/// How many keys of the map share a bucket at most. Cost: O(buckets).
template <class Value>
[[nodiscard]] std::size_t longest_bucket(const map_by_text<Value>& map) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < map.bucket_count(); ++i) longest = std::max(longest, map.bucket_size(i));
  return longest;
}

} // namespace troupe::base
