#pragma once

#include "platform/base/result.hpp"
#include "services/payment/identifier.hpp"

#include "payment/v1/payment.pb.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// The rules of payments, without store and actors. Amounts are counts of the currency's minor unit.
namespace troupe::payment {

/// What a request may carry, whoever sends it. Errors: invalid_argument with the field's name and its bounds.
[[nodiscard]] base::result<void> check(const v1::CreatePaymentRequest& request);
[[nodiscard]] base::result<void> check(const v1::CreateRefundRequest& request);
[[nodiscard]] base::result<void> check(const v1::CreateCreditRequest& request);
[[nodiscard]] base::result<void> check(const v1::GetBalanceRequest& request);

/// The accounts of the ledger are numbered: these three, and one for each customer from `first_customer` on.
/// Stored, so the numbers never change.
namespace accounts {
inline constexpr std::int64_t sales = 1;
inline constexpr std::int64_t refunds = 2;
inline constexpr std::int64_t credits = 3;
inline constexpr std::int64_t first_customer = 16;
} // namespace accounts

/// One entry of an operation in the ledger.
struct posting {
  std::int64_t account = 0;
  std::int64_t amount_minor = 0; ///< what the account gains; below 0: what it gives

  friend bool operator==(const posting&, const posting&) = default;
};

/// The two entries of an operation, the customer's first. They sum to zero. A customer gives for a payment,
/// and gains by a refund and by a credit.
[[nodiscard]] std::array<posting, 2> postings(operation_kind kind, std::int64_t customer,
                                              std::int64_t amount_minor) noexcept;

/// Whether `asked` may be given back of a payment of which `refunded` has been (0 <= refunded <= amount).
/// Errors: unprocessable. What has been refused once stays refused: what is left of a payment only shrinks.
[[nodiscard]] base::result<void> check_refund(std::int64_t amount, std::int64_t refunded, std::int64_t asked);

/// A payment as clients see it. Views: of whoever calls.
struct payment_view {
  std::string_view id;
  std::string_view customer_id;
  std::int64_t amount_minor = 0;
  std::string_view currency;
  std::string_view reference;
  std::int64_t refunded_minor = 0;
  std::string_view created_at; ///< RFC 3339
};

struct refund_view {
  std::string_view id;
  std::string_view payment_id;
  std::int64_t amount_minor = 0;
  std::string_view currency;
  std::string_view reason;
  std::string_view created_at;
};

struct credit_view {
  std::string_view id;
  std::string_view customer_id;
  std::int64_t amount_minor = 0;
  std::string_view currency;
  std::string_view reference;
  std::string_view created_at;
};

/// The JSON objects of answers. A repeated write is answered from the columns that were stored with it, so
/// these shapes are part of the store's format: the same view gives the same bytes in every version.
[[nodiscard]] std::string document(const payment_view& payment);
[[nodiscard]] std::string document(const refund_view& refund);
[[nodiscard]] std::string document(const credit_view& credit);

/// A sum of amounts. Amounts go up to 2^63-1 each, so 64 bits are not enough for a sum of them.
__extension__ using wide_sum = __int128;

/// How many operations of a kind there are, and their amounts added up.
struct tally {
  std::int64_t count = 0;
  wide_sum amount_minor = 0;
};

/// The state of the ledger in one currency.
struct balance {
  tally payments;
  tally refunds;
  tally credits;
  wide_sum entries_sum_minor = 0;
};

[[nodiscard]] std::string document(std::string_view currency, const balance& b);

} // namespace troupe::payment
