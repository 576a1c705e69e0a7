#include "services/payment/reader.hpp"

#include "platform/base/clock.hpp"
#include "services/payment/currency.hpp"

#include <algorithm>
#include <utility>

namespace troupe::payment {

namespace {

using base::errc;

// One statement, so that both halves see the same snapshot. SQLite's sum() fails above 2^63-1, hence the two
// halves of an amount: amount = (amount >> 32) * 2^32 + (amount & 0xffffffff), also below 0. Neither
// overflows below 2^31 rows of a group.
constexpr std::string_view totals_sql = R"sql(
SELECT kind, currency, count(*), sum(amount >> 32), sum(amount & 4294967295), max(number)
  FROM operations WHERE number > ?1 GROUP BY kind, currency
UNION ALL
SELECT 0, currency, count(*), sum(amount >> 32), sum(amount & 4294967295), max(id)
  FROM entries WHERE id > ?2 GROUP BY currency
)sql";

constexpr std::string_view payment_sql = R"sql(
SELECT o.kind, o.random, a.name, o.amount, o.currency, o.note, o.refunded, o.created_at
  FROM operations o JOIN accounts a ON a.id = o.customer WHERE o.number = ?1
)sql";

constexpr std::string_view customer_prefix = "customer:";

} // namespace

ledger_reader::ledger_reader(store::database database, store_secrets secrets, store::statement payment,
                             store::statement totals)
    : database_(std::move(database)), secrets_(secrets), payment_(std::move(payment)),
      totals_(std::move(totals)) {}

base::result<ledger_reader> ledger_reader::open(const std::filesystem::path& file) {
  auto database = store::database::open(file, store::database::access::read_only);
  if (database.has_error()) return database.error();
  const auto secrets = read_secrets(*database);
  if (secrets.has_error()) return secrets.error();
  auto payment = database->prepare(payment_sql);
  if (payment.has_error()) return payment.error();
  auto totals = database->prepare(totals_sql);
  if (totals.has_error()) return totals.error();
  return ledger_reader(std::move(*database), *secrets, std::move(*payment), std::move(*totals));
}

base::result<std::string> ledger_reader::payment(std::string_view id) {
  const auto missing = base::fail(errc::not_found, "no payment has this id");
  const auto place = open_id(secrets_.ids, operation_kind::payment, id);
  if (!place) return missing;
  auto& row = payment_;
  const auto there = row.bind_all(place->number).step();
  if (there.has_error()) return there.error();
  base::result<std::string> answer = missing;
  if (*there && row.integer_at(0) == static_cast<std::int64_t>(operation_kind::payment) &&
      row.integer_at(1) == static_cast<std::int64_t>(place->random)) {
    const auto currency = unpacked_currency(row.integer_at(4));
    const auto created_at = base::to_rfc3339(row.integer_at(7));
    answer = document(payment_view{.id = id,
                                   .customer_id = row.text_at(2).substr(customer_prefix.size()),
                                   .amount_minor = row.integer_at(3),
                                   .currency = currency,
                                   .reference = row.text_at(5),
                                   .refunded_minor = row.integer_at(6),
                                   .created_at = created_at});
  }
  row.reset();
  return answer;
}

base::result<void> ledger_reader::add_new_rows() {
  // Into copies: an error in the middle of the rows leaves what was known.
  auto balances = balances_;
  auto last_operation = last_operation_;
  auto last_entry = last_entry_;
  totals_.bind_all(last_operation, last_entry);
  for (;;) {
    const auto row = totals_.step();
    if (row.has_error()) return row.error();
    if (!*row) break;
    auto& known = balances[totals_.integer_at(1)];
    const auto count = totals_.integer_at(2);
    const auto sum =
        static_cast<wide_sum>(totals_.integer_at(3)) * (wide_sum{1} << 32) + totals_.integer_at(4);
    const auto kind = totals_.integer_at(0);
    if (kind == 0) {
      known.entries_sum_minor += sum;
      last_entry = std::max(last_entry, totals_.integer_at(5));
      continue;
    }
    auto& counted = kind == static_cast<std::int64_t>(operation_kind::payment)  ? known.payments
                    : kind == static_cast<std::int64_t>(operation_kind::refund) ? known.refunds
                                                                                : known.credits;
    counted.count += count;
    counted.amount_minor += sum;
    last_operation = std::max(last_operation, totals_.integer_at(5));
  }
  totals_.reset();
  balances_ = std::move(balances);
  last_operation_ = last_operation;
  last_entry_ = last_entry;
  return {};
}

base::result<std::string> ledger_reader::balance(std::string_view currency) {
  if (auto done = add_new_rows(); done.has_error()) return done.error();
  const auto known = balances_.find(packed_currency(currency));
  return document(currency, known == balances_.end() ? payment::balance{} : known->second);
}

} // namespace troupe::payment
