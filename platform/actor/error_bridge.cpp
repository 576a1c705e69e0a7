#include "platform/actor/error_bridge.hpp"

#include <caf/make_message.hpp>
#include <caf/message.hpp>

#include <string>

namespace troupe::actor {

caf::error to_caf(base::error error) { return caf::error{error.code, caf::make_message(std::move(error.detail))}; }

base::error from_caf(const caf::error& error) {
  if (error && error.category() == caf::type_id_v<base::errc>) { // an empty error has no category
    const auto& context = error.context();
    return {static_cast<base::errc>(error.code()),
            context.match_elements<std::string>() ? context.get_as<std::string>(0) : std::string{}};
  }
  return {base::errc::unavailable, "the service stopped before it answered"};
}

} // namespace troupe::actor
