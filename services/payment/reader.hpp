#pragma once

#include "platform/base/result.hpp"
#include "platform/store/sqlite.hpp"
#include "services/payment/model.hpp"
#include "services/payment/schema.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace troupe::payment {

/// The ledger's reader: sees every committed group. Blocking. Thread: one at a time.
class ledger_reader {
 public:
  /// Opens a file that a `ledger_store` has made. Errors: unavailable, with what to do.
  [[nodiscard]] static base::result<ledger_reader> open(const std::filesystem::path& file);

  /// The JSON object of a payment as it is now. Errors: not_found; else as `database::translate`.
  [[nodiscard]] base::result<std::string> payment(std::string_view id);

  /// The JSON object of the ledger's state in one currency (which has been checked): counted and summed by
  /// the database over the rows that were added since the last call, the first time over all. Errors: as
  /// `database::translate`.
  [[nodiscard]] base::result<std::string> balance(std::string_view currency);

 private:
  ledger_reader(store::database database, store_secrets secrets, store::statement payment,
                store::statement totals);
  [[nodiscard]] base::result<void> add_new_rows();

  store::database database_;
  store_secrets secrets_;
  store::statement payment_;
  store::statement totals_;
  // Rows are only ever added, and what is summed of them never changes, so sums up to here stay.
  std::map<std::int64_t, payment::balance> balances_; // by packed currency
  std::int64_t last_operation_ = 0;
  std::int64_t last_entry_ = 0;
};

} // namespace troupe::payment
