#include "services/catalog/bulk_load.hpp"

#include "platform/base/clock.hpp"
#include "services/catalog/model.hpp"

#include <string>
#include <utility>

namespace troupe::catalog {

namespace {

constexpr std::size_t products_a_transaction = 1000;

} // namespace

base::result<bulk_load> bulk_load::open(const std::filesystem::path& data_dir, std::size_t most) {
  auto table = product_table::open(data_dir);
  if (table.has_error()) return table.error();
  const auto count = table->count();
  if (count.has_error()) return count.error();
  return bulk_load(std::move(*table), static_cast<std::uint64_t>(*count), most);
}

base::result<void> bulk_load::failed(const base::error& error) {
  // SQLite may have rolled back by itself: whatever came now would be committed alone.
  failure_ = error;
  table_.rollback();
  return error;
}

base::result<void> bulk_load::commit() {
  in_transaction_ = 0;
  auto done = table_.commit();
  return done.has_error() ? failed(done.error()) : done;
}

base::result<void> bulk_load::add(const v1::Product& product) {
  if (failure_) return *failure_;
  if (auto checked = check_product(product); checked.has_error()) return checked.error();
  if (in_transaction_ == 0) {
    if (auto begun = table_.begin(); begun.has_error()) return failed(begun.error());
  }
  ++in_transaction_;
  const auto before = table_.find(product.id());
  if (before.has_error()) return failed(before.error());
  const bool is_new = !before->has_value();
  if (is_new && count_ >= most_) {
    return base::fail(base::errc::unavailable,
                      "the catalog is full: it may hold " + std::to_string(most_) + " products");
  }
  if (!is_new && same_content(**before, product)) {
    ++summary_.unchanged;
  } else {
    auto changed = product;
    changed.set_version(is_new ? 1 : (*before)->version() + 1);
    changed.set_updated_at(base::to_rfc3339(base::wall_now()));
    if (auto written = table_.write(changed); written.has_error()) return failed(written.error());
    count_ += is_new ? 1 : 0;
    ++(is_new ? summary_.created : summary_.updated);
  }
  if (in_transaction_ < products_a_transaction) return {};
  return commit();
}

base::result<bulk_load::summary> bulk_load::finish() {
  if (failure_) return *failure_;
  if (in_transaction_ > 0) {
    if (auto done = commit(); done.has_error()) return done.error();
  }
  return summary_;
}

} // namespace troupe::catalog
