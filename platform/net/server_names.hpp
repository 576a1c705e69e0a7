#pragma once

#include "platform/base/map_by_text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::net {

/// Server names that certificates are for. A name is exact, or "*.example.org", which stands for exactly one label. Case does not
/// count. Source: RFC 6125 section 6.4. The first certificate that claims a name has it.
class server_names {
 public:
  static constexpr std::size_t none = SIZE_MAX;

  /// False, and nothing added, for what is no name a client could ask for: empty, with a NUL, a wildcard elsewhere than as the whole first label.
  bool add(std::string_view name, std::size_t certificate);
  /// The certificate for a name that a client sent, or `none`. An exact name goes before a wildcard. Cost: two look-ups.
  [[nodiscard]] std::size_t find(std::string_view name) const;

 private:
  base::map_by_text<std::size_t> exact_;
  base::map_by_text<std::size_t> wildcards_; // by what follows the star, with its dot
};

} // namespace troupe::net
