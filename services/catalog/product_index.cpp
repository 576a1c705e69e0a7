#include "services/catalog/product_index.hpp"

#include "platform/http/conditional.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe::catalog {

void product_index::load(const catalog_snapshot& snapshot) {
  viewed_.clear();
  own_ = 0;
  ordered_.clear();
  slots_.clear();
  slots_.reserve(snapshot.products->size());
  for (const auto& entry : *snapshot.products)
    ordered_.insert(ordered_.end(), &*slots_.emplace(entry->product.id(), slot{entry}).first);
}

void product_index::apply(const catalog_change& change) {
  for (const auto& entry : *change.products) {
    const auto [found, is_new] = slots_.try_emplace(entry->product.id());
    if (is_new) ordered_.insert(&*found);
    auto& place = found->second;
    place.entry = entry;
    if (std::exchange(place.is_own, false)) --own_;
  }
}

base::result<product_view> product_index::view(std::string_view id, std::string_view if_none_match) {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return base::fail(base::errc::not_found, "there is no product with this id");
  auto& place = found->second;
  if (place.views == 0) viewed_.push_back(&*found);
  if (place.views < std::numeric_limits<std::uint32_t>::max()) ++place.views;
  if (place.views >= views_to_own && !place.is_own && own_ < most_own) {
    place.entry = own_copy(*place.entry);
    place.is_own = true;
    ++own_;
  }
  const bool not_modified =
      !if_none_match.empty() && http::names_tag(if_none_match, place.entry->etag(), http::tag_comparison::weak);
  return product_view{place.entry, not_modified};
}

product_set product_index::find_all(const v1::BatchGetProductsRequest& request) const {
  product_set set;
  set.found.reserve(static_cast<std::size_t>(request.ids_size()));
  for (const auto& id : request.ids()) {
    if (const auto found = slots_.find(id); found != slots_.end()) {
      set.found.push_back(found->second.entry);
    } else {
      set.missing.push_back(id);
    }
  }
  return set;
}

std::vector<product_index::viewed_product> product_index::take_views(std::size_t most) {
  std::vector<viewed_product> taken;
  taken.reserve(std::min(most, viewed_.size()));
  std::vector<slot_map::value_type*> left;
  while (!viewed_.empty() && taken.size() < most) {
    auto* node = viewed_.back();
    viewed_.pop_back();
    const auto views = std::min(node->second.views, most_views);
    taken.push_back({node->first, views});
    node->second.views -= views;
    if (node->second.views > 0) left.push_back(node);
  }
  viewed_.insert(viewed_.end(), left.begin(), left.end());
  return taken;
}

} // namespace troupe::catalog
