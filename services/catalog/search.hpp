#pragma once

#include "platform/actor/serve.hpp"
#include "services/catalog/contract.hpp"

#include <filesystem>

namespace troupe::catalog {

/// The search actor; spawn it detached, it blocks. When the store cannot be opened it ends, to be started
/// again.
catalog_search_actor::behavior_type search(catalog_search_actor::pointer self,
                                           const actor::service_metrics& metrics,
                                           const std::filesystem::path& data_dir);

} // namespace troupe::catalog
