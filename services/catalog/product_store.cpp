#include "services/catalog/product_store.hpp"

#include "platform/http/conditional.hpp"

#include <algorithm>
#include <utility>

namespace troupe::catalog {

using base::errc;

base::result<product_store> product_store::open(const std::filesystem::path& data_dir, std::size_t most) {
  auto table = product_table::open(data_dir);
  if (table.has_error()) return table.error();
  product_store store(std::move(*table), most);
  auto loaded = store.refresh();
  if (loaded.has_error()) return loaded.error();
  return store;
}

entry_list product_store::all() {
  if (!all_) {
    auto list = std::make_shared<std::vector<entry_ptr>>();
    list->reserve(entries_.size());
    for (const auto& [id, entry] : entries_) list->push_back(entry);
    std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a->product.id() < b->product.id(); });
    all_ = std::move(list);
  }
  return all_;
}

std::size_t product_store::longest_look_up() const {
  return std::max(base::longest_bucket(entries_), base::longest_bucket(staged_));
}

base::result<void> product_store::load(std::int64_t commits) {
  const auto count = table_.count();
  if (count.has_error()) return count.error();
  base::map_by_text<entry_ptr> loaded;
  loaded.reserve(static_cast<std::size_t>(*count));
  auto read = table_.read_all([&](v1::Product&& product) {
    auto id = product.id();
    loaded.emplace(std::move(id), make_entry(std::move(product)));
  });
  if (read.has_error()) return read.error();
  entries_ = std::move(loaded);
  all_ = nullptr;
  seen_commits_ = commits;
  return {};
}

base::result<bool> product_store::refresh() {
  // The number is read first: a commit between it and the rows only leads to another load.
  const auto commits = table_.others_commits();
  if (commits.has_error()) return commits.error();
  if (*commits == seen_commits_) return false;
  auto loaded = load(*commits);
  if (loaded.has_error()) return loaded.error();
  return true;
}

base::result<bool> product_store::begin() {
  staged_.clear();
  staged_new_ = 0;
  failure_.reset();
  auto begun = table_.begin();
  if (begun.has_error()) return begun.error();
  auto refreshed = refresh();
  if (refreshed.has_error()) table_.rollback();
  return refreshed;
}

entry_ptr product_store::current(const std::string& id) const {
  if (const auto found = staged_.find(id); found != staged_.end()) return found->second;
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second;
}

base::result<void> product_store::check_room(std::size_t more) const {
  if (failure_) return *failure_;
  if (entries_.size() + staged_new_ + more > most_) {
    return base::fail(errc::unavailable, "the catalog is full: it may hold " + std::to_string(most_) +
                                             " products, and replace those it has");
  }
  return {};
}

base::result<stored_product> product_store::stage(v1::Product product, const entry_ptr& before,
                                                  base::unix_micros now) {
  // SQLite may have rolled back by itself: a further statement would be committed alone.
  if (failure_) return *failure_;
  product.set_version(before ? before->product.version() + 1 : 1);
  product.set_updated_at(base::to_rfc3339(now));
  auto written = table_.write(product);
  if (written.has_error()) {
    failure_ = written.error();
    return written.error();
  }
  if (!before) ++staged_new_;
  auto entry = make_entry(std::move(product));
  staged_.insert_or_assign(entry->product.id(), entry);
  return stored_product{std::move(entry), before == nullptr};
}

base::result<stored_product> product_store::put(const v1::PutProductRequest& request, base::unix_micros now) {
  const auto before = current(request.product().id());
  const http::preconditions asked{.if_match = request.if_match(), .if_none_match = request.if_none_match()};
  const http::representation stored{.exists = before != nullptr, .etag = before ? before->etag() : std::string_view{}};
  if (http::evaluate(asked, stored, false, now) != http::precondition_outcome::holds) {
    return base::fail(errc::precondition_failed,
                      before ? "the product has another version than If-Match or If-None-Match allow"
                             : "If-Match was sent, and there is no product with this id");
  }
  if (auto room = check_room(before ? 0 : 1); room.has_error()) return room.error();
  return stage(request.product(), before, now);
}

base::result<v1::BatchPutProductsReply> product_store::put_all(const v1::BatchPutProductsRequest& batch,
                                                               base::unix_micros now) {
  std::vector<entry_ptr> before;
  std::size_t more = 0;
  for (const auto& product : batch.products()) {
    before.push_back(current(product.id()));
    if (!before.back()) ++more;
  }
  if (auto room = check_room(more); room.has_error()) return room.error();
  for (int i = 0; i < batch.products_size(); ++i) {
    auto staged = stage(batch.products(i), before[static_cast<std::size_t>(i)], now);
    if (staged.has_error()) return staged.error();
  }
  v1::BatchPutProductsReply reply;
  reply.set_created(static_cast<std::int64_t>(more));
  reply.set_updated(batch.products_size() - static_cast<std::int64_t>(more));
  return reply;
}

base::result<entry_list> product_store::commit() {
  if (failure_) {
    table_.rollback();
  } else if (auto done = table_.commit(); done.has_error()) {
    failure_ = done.error();
  }
  auto staged = std::exchange(staged_, {});
  if (failure_) return *failure_;
  auto changed = std::make_shared<std::vector<entry_ptr>>();
  changed->reserve(staged.size());
  for (auto& [id, entry] : staged) {
    changed->push_back(entry);
    entries_.insert_or_assign(id, std::move(entry));
  }
  if (!changed->empty()) all_ = nullptr;
  return entry_list(std::move(changed));
}

} // namespace troupe::catalog
