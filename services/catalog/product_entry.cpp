#include "services/catalog/product_entry.hpp"

#include "platform/json/message.hpp"
#include "services/catalog/fingerprint.hpp"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace troupe::catalog {

namespace {

constexpr std::string_view field_name = "ETag";

} // namespace

std::string_view product_entry::etag() const noexcept {
  constexpr auto before = field_name.size() + 2; // ": "
  const auto line = fields.view();
  return line.substr(before, line.size() - before - 2);
}

entry_ptr make_entry(v1::Product product) {
  const auto body = json::encode(product);
  std::string tag = "\"v" + std::to_string(product.version()) + "-";
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), fingerprint(body), 16).ptr;
  tag.append(digits.data(), end);
  tag += '"';

  auto entry = std::make_shared<product_entry>();
  entry->product = std::move(product);
  entry->body = base::shared_bytes(body);
  entry->fields.add(field_name, tag);
  return entry;
}

entry_ptr own_copy(const product_entry& entry) {
  auto copy = std::make_shared<product_entry>();
  copy->product = entry.product;
  copy->body = base::shared_bytes(entry.body.view());
  copy->fields = entry.fields.own_copy();
  return copy;
}

} // namespace troupe::catalog
