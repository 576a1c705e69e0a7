#pragma once

#include "services/stats/messages.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace troupe::stats::test {

/// A store that does what the test says and remembers what it was given.
struct fake_store_script {
  bool fails = false; ///< answers every save `unavailable`
  bool waits = false; ///< answers no save until `waits` is false and a load has come
  std::vector<std::shared_ptr<const delta>> saves;
  std::vector<caf::typed_response_promise<void>> waiting;
  snapshot stored; ///< answered to every load
};

inline store_actor::behavior_type fake_store(store_actor::pointer self,
                                             std::shared_ptr<fake_store_script> script) {
  return {
      [self, script](const save_query& query) -> caf::result<void> {
        script->saves.push_back(query.what);
        if (script->fails)
          return actor::to_caf(base::fail(base::errc::unavailable, "the store has no space left"));
        if (!script->waits) return caf::unit;
        auto promise = self->make_response_promise<void>();
        script->waiting.push_back(promise);
        return promise;
      },
      [script](const load_query&) -> caf::result<loaded> {
        if (!script->waits) {
          for (auto& promise : std::exchange(script->waiting, {})) promise.deliver();
        }
        if (script->fails)
          return actor::to_caf(base::fail(base::errc::unavailable, "the store cannot be read"));
        return loaded{std::make_shared<const snapshot>(script->stored)};
      },
  };
}

} // namespace troupe::stats::test
