#include "services/catalog/product_export.hpp"

namespace troupe::catalog {

actor::stream_chunk product_export::next() {
  std::string lines;
  lines.reserve(chunk_bytes + chunk_bytes / 4);
  const auto* entry = products_->first_after(last_id_);
  while (entry && lines.size() < chunk_bytes) {
    lines += entry->body.view();
    lines += '\n';
    last_id_ = entry->product.id();
    entry = products_->first_after(last_id_);
  }
  return {base::shared_bytes(lines), entry == nullptr};
}

} // namespace troupe::catalog
