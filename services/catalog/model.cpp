#include "services/catalog/model.hpp"

#include "platform/base/escape.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace troupe::catalog {

namespace {

using base::errc;

/// Well-formed UTF-8 whose control characters are only those in `allowed`.
bool is_text(std::string_view text, std::string_view allowed = {}) noexcept {
  while (!text.empty()) {
    const auto size = base::utf8_character(text);
    if (size == 0) return false;
    const auto byte = static_cast<unsigned char>(text.front());
    const bool is_control = byte < 0x20 || byte == 0x7F;
    if (is_control && allowed.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool is_currency(std::string_view text) noexcept {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

} // namespace

bool is_product_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= product_limits::id_bytes && text != "." && text != ".." &&
         is_text(text) && text.find_first_of("/\\") == std::string_view::npos;
}

base::result<void> check_product(const v1::Product& product, std::string_view where) {
  const auto wrong = [&](std::string_view field, std::string_view rule) {
    return base::fail(errc::invalid_argument,
                      std::string(where) + std::string(field) + ": " + std::string(rule));
  };
  using limits = product_limits;
  if (product.id().empty()) return wrong("id", "is required");
  if (!is_product_id(product.id())) {
    return wrong(
        "id", "must be 1 to 64 bytes of text that can stand in a path: no control characters, '/' and '\\'");
  }
  if (product.name().empty() || product.name().size() > limits::name_bytes || !is_text(product.name())) {
    return wrong("name", "must be 1 to 256 bytes of text without control characters");
  }
  if (product.description().size() > limits::description_bytes || !is_text(product.description(), "\t\r\n")) {
    return wrong("description",
                 "must be at most 4096 bytes of text without control characters but tab and line breaks");
  }
  if (product.price().amount_minor() < 0 || product.price().amount_minor() > limits::amount_minor) {
    return wrong("price.amount_minor", "must be 0 to 1000000000000");
  }
  if (!is_currency(product.price().currency())) {
    return wrong("price.currency", "must be three capital letters, as in \"GBP\"");
  }
  if (product.stock() < 0 || product.stock() > limits::stock)
    return wrong("stock", "must be 0 to 1000000000");
  return {};
}

base::result<void> check_batch(const v1::BatchPutProductsRequest& batch) {
  const auto name = [](int position) { return "products[" + std::to_string(position) + "]"; };
  std::vector<std::pair<std::string_view, int>> ids;
  ids.reserve(static_cast<std::size_t>(batch.products_size()));
  for (int i = 0; i < batch.products_size(); ++i) {
    auto checked = check_product(batch.products(i), name(i) + ".");
    if (checked.has_error()) return checked.error();
    ids.emplace_back(batch.products(i).id(), i);
  }
  std::sort(ids.begin(), ids.end());
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i].first != ids[i - 1].first) continue;
    return base::fail(errc::invalid_argument,
                      name(ids[i].second) + ".id: is that of " + name(ids[i - 1].second) + " too");
  }
  return {};
}

bool same_content(const v1::Product& a, const v1::Product& b) {
  return a.id() == b.id() && a.name() == b.name() && a.description() == b.description() &&
         a.price().amount_minor() == b.price().amount_minor() &&
         a.price().currency() == b.price().currency() && a.stock() == b.stock();
}

} // namespace troupe::catalog
