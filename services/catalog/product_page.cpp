#include "services/catalog/product_page.hpp"

#include "platform/json/message.hpp"
#include "services/catalog/page_token.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::catalog {

namespace {

constexpr std::size_t usual_size = 256; // of a product

} // namespace

base::shared_bytes page_of(const product_index& products, const search_plan& plan) {
  std::string out;
  out.reserve(static_cast<std::size_t>(plan.page_size) * usual_size);
  out += R"({"items":[)";
  std::string_view last_id;
  bool has_next = false;
  std::int32_t count = 0;
  products.walk_after(plan.after_id, [&](const product_entry& entry) {
    has_next = count == plan.page_size;
    if (has_next) return false;
    if (count++ > 0) out += ',';
    out += entry.body.view();
    last_id = entry.product.id();
    return true;
  });
  out += R"(],"next_page_token":)";
  json::append_string(out, has_next ? make_page_token(plan.query, last_id) : std::string());
  out += '}';
  return base::shared_bytes(out);
}

} // namespace troupe::catalog
