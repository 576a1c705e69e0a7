#include "services/catalog/product_export.hpp"

namespace troupe::catalog {

actor::stream_chunk product_export::next() {
  std::string lines;
  lines.reserve(chunk_bytes + chunk_bytes / 4);
  bool is_last = true;
  products_->walk_after(last_id_, [&](const product_entry& entry) {
    is_last = lines.size() < chunk_bytes;
    if (!is_last) return false;
    lines += entry.body.view();
    lines += '\n';
    last_id_ = entry.product.id();
    return true;
  });
  return {base::shared_bytes(lines), is_last};
}

} // namespace troupe::catalog
