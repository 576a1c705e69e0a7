#pragma once

#include "platform/base/clock.hpp"
#include "platform/base/map_by_text.hpp"
#include "platform/base/result.hpp"
#include "platform/store/row_buffer.hpp"
#include "platform/store/sqlite.hpp"
#include "services/payment/key_index.hpp"
#include "services/payment/model.hpp"
#include "services/payment/random.hpp"
#include "services/payment/schema.hpp"

#include "payment/v1/payment.pb.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::payment {

/// What the ledger says to one request: the rules refuse it (nothing has been written for it), or its
/// outcome.
struct verdict {
  v1::Outcome outcome;                ///< empty with a refusal
  std::optional<base::error> refusal; ///< unprocessable or not_found
};

/// The ledger's writer: operations in groups, each group one transaction. Everything an operation writes
/// (itself, its two entries, its idempotency record) is in its group, so it is there entirely or not at all.
/// Blocking. Thread: one at a time. A file should have one writer; with several each is right, but slow.
/// Cost: about 4 us an operation in a group of 256, and one fsync a group.
class ledger_store {
 public:
  struct options {
    random_bits random = system_random();
    /// Operations before their slots are folded into the table (see `key_index`): with some more just below
    /// 2^18, a step of its memory.
    std::size_t slot_generation = 250'000;
  };

  /// Opens or creates the file. Reads the slots of at most 2 generations.
  /// Errors: unavailable, with what to do.
  [[nodiscard]] static base::result<ledger_store> open(const std::filesystem::path& file, options o);
  /// The same with a database that has been opened for writing.
  [[nodiscard]] static base::result<ledger_store> open(store::database database, options o);

  /// Begins a group; `now` is the time of all its operations. Any error from here to `commit` means that
  /// nothing of the group is recorded: call `rollback`. Errors: as `database::translate`.
  [[nodiscard]] base::result<void> begin(base::unix_micros now);

  /// One operation of the group. The request has been checked; `key` is 1..255 bytes.
  [[nodiscard]] base::result<verdict> pay(const v1::CreatePaymentRequest& request, std::string_view key);
  [[nodiscard]] base::result<verdict> refund(const v1::CreateRefundRequest& request, std::string_view key);
  [[nodiscard]] base::result<verdict> credit(const v1::CreateCreditRequest& request, std::string_view key);

  /// Ends the group: when it returns without error its operations survive a crash. After an error nothing of
  /// it is recorded, or, when the disk failed at the last moment, all of it may be: repeating a request with
  /// its key finds out.
  [[nodiscard]] base::result<void> commit();

  /// Forgets the group. Harmless without one.
  void rollback() noexcept;

  /// How many customers a look-up in memory compares at most. Cost: O(customers in memory).
  [[nodiscard]] std::size_t longest_look_up() const { return base::longest_bucket(accounts_); }

 private:
  /// What a request wants to record; also what tells it from another request under the same key.
  struct intent {
    operation_kind kind = operation_kind::payment;
    std::int64_t customer = 0; // account
    std::int64_t target = 0;   // number of the payment to refund; 0: none
    std::int64_t amount = 0;
    std::int64_t currency = 0; // packed
    std::string_view note;
    std::string_view key;
  };
  struct recorded {
    operation_place place;
    base::unix_micros created_at = 0;
    bool is_same = false; // kind, amount, currency and note are those of the intent
  };
  struct slot_search {
    std::uint64_t slot = 0; // the intent's own when `found`, else free
    std::optional<recorded> found;
  };
  struct target_payment {
    std::int64_t customer = 0;
    std::int64_t amount = 0;
    std::int64_t refunded = 0;
    std::int64_t currency = 0;
  };
  /// Rows on their way into the tables, where statements find them under these names.
  struct row_buffers {
    std::shared_ptr<store::row_buffer> operations; ///< new_operations: columns 1 to 11 of the table
    std::shared_ptr<store::row_buffer> entries;    ///< new_entries: columns 2 to 5
    std::shared_ptr<store::row_buffer> slots;      ///< folded_slots
  };
  struct statements {
    store::statement newest, account, add_account, slot, operation, add_operations, add_entries, payment,
        add_refunded, fold, note_fold;
  };

  ledger_store(store::database database, store_secrets secrets, row_buffers rows, statements prepared,
               options o);
  [[nodiscard]] static base::result<row_buffers> lend_rows(store::database& database);
  [[nodiscard]] static base::result<statements> prepare(store::database& database);

  [[nodiscard]] base::result<void> load_slots();
  [[nodiscard]] base::result<std::int64_t> account_of(const std::string& customer_id);
  [[nodiscard]] base::result<slot_search> search(const intent& wanted);
  [[nodiscard]] base::result<std::optional<std::int64_t>> holder_of(std::uint64_t slot);
  [[nodiscard]] base::result<std::optional<recorded>> read_if_owner(std::int64_t number,
                                                                    const intent& wanted);
  [[nodiscard]] base::result<std::optional<target_payment>> find_payment(const operation_place& place);
  [[nodiscard]] recorded write(const intent& wanted, std::uint64_t slot);
  [[nodiscard]] base::result<void> bring_to_tables(std::int64_t number);
  [[nodiscard]] base::result<void> fold_slots();
  template <class Request>
  [[nodiscard]] base::result<verdict> transfer(operation_kind kind, const Request& request,
                                               std::string_view key);
  [[nodiscard]] std::string text_of(base::unix_micros when) const;

  store::database database_;
  store_secrets secrets_;
  row_buffers rows_;
  statements run_;
  options options_;
  key_index index_;
  // By customer id; bounded, forgotten when full and on rollback.
  base::map_by_text<std::int64_t> accounts_;
  std::int64_t newest_ = 0;   // number of the last committed operation
  std::int64_t last_ = 0;     // number of the last operation, with this group's
  std::int64_t written_ = 0;  // number of the last operation that is in the tables, not in rows_
  std::size_t group_ = 0;     // operations written in this group
  base::unix_micros now_ = 0; // this group's time
  std::string now_text_;
  std::string scratch_;
};

} // namespace troupe::payment
