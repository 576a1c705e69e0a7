#include "services/catalog/search.hpp"

#include "platform/base/log.hpp"
#include "services/catalog/product_search.hpp"

#include <memory>
#include <utility>

namespace troupe::catalog {

catalog_search_actor::behavior_type search(catalog_search_actor::pointer self,
                                           const actor::service_metrics& metrics,
                                           const std::filesystem::path& data_dir) {
  auto opened = product_search::open(data_dir);
  if (opened.has_error()) {
    base::log::error("catalog_search_not_opened", {{"reason", opened.error().detail}});
    self->quit(actor::to_caf(opened.error()));
    return catalog_search_actor::behavior_type::make_empty_behavior();
  }
  const auto products = std::make_shared<product_search>(std::move(*opened));
  return actor::serve<catalog_search_actor>(
      self, metrics,
      [products](const actor::envelope&,
                 const v1::SearchProductsRequest& request) -> base::result<v1::SearchProductsReply> {
        const auto plan = plan_search(request);
        if (plan.has_error()) return plan.error();
        return products->run(*plan);
      });
}

} // namespace troupe::catalog
