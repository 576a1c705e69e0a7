#include "services/payment/schema.hpp"

#include <array>

namespace troupe::payment {

namespace {

// One row an operation, appended and, but for `refunded`, never changed. It is the operation, the idempotency
// record (key and slot, in the scope of its customer or target) and the response to replay at once: what they
// have in common is stored once.
//   kind       1 payment, 2 refund, 3 credit
//   target     number of the refund's payment; else 0
//   currency   as packed_currency
//   note       reference or reason
//   created_at microseconds since 1970 UTC
//   refunded   of a payment, so far
// No foreign keys: each would be one more search of a tree for every row, and rows are never deleted.
constexpr std::string_view tables = R"sql(
CREATE TABLE accounts(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO accounts(id, name) VALUES
  (1, 'merchant:sales'), (2, 'merchant:refunds'), (3, 'merchant:credits'), (15, 'reserved');

CREATE TABLE operations(
  number INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  key TEXT NOT NULL,
  random INTEGER NOT NULL,
  customer INTEGER NOT NULL,
  target INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK(amount > 0),
  currency INTEGER NOT NULL,
  note TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  refunded INTEGER NOT NULL DEFAULT 0 CHECK(refunded BETWEEN 0 AND amount)
) STRICT;

CREATE TABLE entries(
  id INTEGER PRIMARY KEY,
  operation INTEGER NOT NULL,
  account INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  currency INTEGER NOT NULL
) STRICT;

CREATE TABLE slots(
  slot INTEGER PRIMARY KEY,
  operation INTEGER NOT NULL
) STRICT;

CREATE TABLE slots_progress(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  through INTEGER NOT NULL
) STRICT;
INSERT INTO slots_progress(id, through) VALUES (1, 0);

CREATE TABLE secrets(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  ids_first INTEGER NOT NULL,
  ids_second INTEGER NOT NULL,
  slots_first INTEGER NOT NULL,
  slots_second INTEGER NOT NULL
) STRICT;
)sql";

constexpr std::array<store::migration, 1> steps{{{1, tables}}};

} // namespace

std::span<const store::migration> migrations() noexcept { return steps; }

base::result<store_secrets> read_secrets(store::database& database) {
  auto select = database.prepare("SELECT ids_first, ids_second, slots_first, slots_second FROM secrets");
  if (select.has_error()) return select.error();
  const auto row = select->bind_all().step();
  if (row.has_error()) return row.error();
  if (!*row) return base::fail(base::errc::unavailable, "the payment store has not been set up");
  const auto word = [&](int column) { return static_cast<std::uint64_t>(select->integer_at(column)); };
  return store_secrets{{word(0), word(1)}, {word(2), word(3)}};
}

base::result<void> write_secrets(store::database& database, const store_secrets& secrets) {
  auto insert = database.prepare("INSERT OR IGNORE INTO secrets VALUES (1, ?1, ?2, ?3, ?4)");
  if (insert.has_error()) return insert.error();
  const auto word = [](std::uint64_t w) { return static_cast<std::int64_t>(w); };
  return insert
      ->bind_all(word(secrets.ids.first), word(secrets.ids.second), word(secrets.slots.first),
                 word(secrets.slots.second))
      .run();
}

} // namespace troupe::payment
