#pragma once

#include "platform/base/result.hpp"

#include "catalog/v1/catalog.pb.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::catalog {

/// Bounds of a product; the same ones stand beside the fields in proto/catalog/v1/catalog.proto.
struct product_limits {
  static constexpr std::size_t id_bytes = 64;
  static constexpr std::size_t name_bytes = 256;
  static constexpr std::size_t description_bytes = 4096;
  static constexpr std::int64_t amount_minor = 1'000'000'000'000;
  static constexpr std::int64_t stock = 1'000'000'000;
};

/// Whether text may be a product's id: 1..64 bytes of UTF-8 without control characters, '/' and '\', and not
/// "." or "..", so that it can stand as one segment of a path.
[[nodiscard]] bool is_product_id(std::string_view text) noexcept;

/// Checks a product that is to be written; version and updated_at are not looked at. `where` goes before the
/// field's name in the error, as in "products[2].". Errors: invalid_argument with the field and what it must
/// be.
[[nodiscard]] base::result<void> check_product(const v1::Product& product, std::string_view where = {});

/// Checks a batch to be written: every product, and that no id occurs twice. Errors: invalid_argument. Cost:
/// O(n log n).
[[nodiscard]] base::result<void> check_batch(const v1::BatchPutProductsRequest& batch);

/// Whether two products are the same in all that a client may set.
[[nodiscard]] bool same_content(const v1::Product& a, const v1::Product& b);

} // namespace troupe::catalog
