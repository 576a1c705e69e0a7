#pragma once

#include "platform/base/keyed_hash.hpp"
#include "platform/base/result.hpp"
#include "platform/store/sqlite.hpp"

#include <cstdint>
#include <span>

namespace troupe::payment {

/// The steps of the ledger's schema.
[[nodiscard]] std::span<const store::migration> migrations() noexcept;

/// The secrets of a store, made with it: they never change and never leave it.
struct store_secrets {
  base::hash_secret ids;   ///< hides operation numbers in ids
  base::hash_secret slots; ///< spreads idempotency keys
};

/// Reads the secrets. Errors: as `database::translate`; unavailable when the store has none yet.
[[nodiscard]] base::result<store_secrets> read_secrets(store::database& database);

/// Gives a store that has no secrets these.
[[nodiscard]] base::result<void> write_secrets(store::database& database, const store_secrets& secrets);

} // namespace troupe::payment
