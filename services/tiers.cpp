#include "services/tiers.hpp"

#include "services/catalog/service.hpp"
#include "services/hello/service.hpp"
#include "services/payment/service.hpp"
#include "services/stats/service.hpp"

namespace troupe {

std::vector<app::service_entry> all_services() {
  return {
      {"hello", hello::register_types, hello::start},
      {"stats", stats::register_types, stats::start}, // before those that publish to it
      {"catalog", catalog::register_types, catalog::start},
      {"payment", payment::register_types, payment::start},
  };
}

} // namespace troupe
