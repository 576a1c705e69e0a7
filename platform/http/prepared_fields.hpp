#pragma once

#include "platform/base/bytes.hpp"

#include <optional>
#include <string_view>

namespace troupe::http {

/// Fields that are rendered once and sent with many answers. As they can only be put in by `add`, they are sent unseen.
/// A handle: copies share the lines. Thread: as `base::shared_bytes`.
class prepared_fields {
 public:
  prepared_fields() noexcept = default;

  /// Adds a field here; copies that were made before do not get it. False, and nothing added, by the rules of `response::add_field`, and for
  /// Content-Type, which an answer has in `content_type`.
  /// Cost: a copy of all lines.
  bool add(std::string_view name, std::string_view value);

  /// Each line ends in CRLF. Lifetime: while a handle is there.
  [[nodiscard]] std::string_view view() const noexcept { return lines_.view(); }
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }

  /// The value of the first field of that name, or nullopt. Cost: O(bytes).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

  /// The same lines with a reference count of their own: for what many cores send at once.
  [[nodiscard]] prepared_fields own_copy() const;

 private:
  base::shared_bytes lines_;
};

} // namespace troupe::http
