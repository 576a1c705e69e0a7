#include "tests/services/payment/file_size_limit.hpp"
#include "tests/services/payment/ledger.hpp"

#include <string>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;
using scratch = troupe::store::test::scratch_directory;

namespace {

/// A group of payments under fresh keys, as far as it goes.
base::result<void> pay_group(ledger_store& store, int size, int first_key) {
  if (auto begun = store.begin(noon); begun.has_error()) return begun;
  for (int i = 0; i < size; ++i) {
    const auto said =
        store.pay(a_payment(10, "customer " + std::to_string(i)), "k" + std::to_string(first_key + i));
    if (said.has_error()) return said.error();
    if (said->refusal) return *said->refusal;
  }
  return store.commit();
}

void check_whole(const scratch& dir, std::int64_t operations) {
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == operations);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM entries") == 2 * operations);
  CHECK(number_in(dir.file(), "SELECT total(amount) FROM entries") == 0);
  CHECK(number_in(
            dir.file(),
            "SELECT count(*) FROM accounts WHERE id >= 16 AND id NOT IN (SELECT account FROM entries)") == 0);
}

} // namespace

TEST_CASE("writes that the disk refuses record nothing, and later ones are recorded again",
          "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file(), 50);
  REQUIRE(pay_group(store, 100, 0).has_value());
  const auto log_bytes = std::filesystem::file_size(dir.file("test.db-wal"));
  {
    const file_size_limit limit(log_bytes + 4096);
    for (int i = 0; i < 5; ++i) {
      const auto failed = pay_group(store, 200, 1000);
      REQUIRE(failed.has_error());
      CHECK(failed.error().code == base::errc::unavailable);
      store.rollback();
    }
  }
  check_whole(dir, 100);
  REQUIRE(pay_group(store, 200, 1000).has_value());
  check_whole(dir, 300);
  // The same group again is all replays.
  REQUIRE(pay_group(store, 200, 1000).has_value());
  check_whole(dir, 300);
}

TEST_CASE("a full store records whole groups until it is full, and goes on where there is room",
          "[unit][payment]") {
  const scratch dir;
  int recorded = 0;
  {
    auto database = store::database::open(dir.file(), store::database::access::read_write);
    REQUIRE(database.has_value());
    REQUIRE(database->execute("PRAGMA max_page_count = 60").has_value());
    auto store = ledger_store::open(std::move(*database), {.random = repeatable(), .slot_generation = 20});
    REQUIRE(store.has_value());
    int failures = 0;
    for (int group = 0; group < 100 && failures < 5; ++group) {
      const auto done = pay_group(*store, 30, recorded);
      if (done.has_value()) {
        recorded += 30;
        continue;
      }
      CHECK(done.error().code == base::errc::unavailable);
      store->rollback();
      ++failures;
    }
    CHECK(failures == 5);
    CHECK(recorded > 100);
    check_whole(dir, recorded);
    // Reading and replaying go on.
    CHECK(alone(*store, a_payment(10, "customer 0"), "k0").outcome.replayed());
  }
  auto store = open_store(dir.file());
  REQUIRE(pay_group(store, 30, recorded).has_value());
  check_whole(dir, recorded + 30);
}

TEST_CASE("while another process holds the file no group begins, and then they go on", "[unit][payment]") {
  const scratch dir;
  auto database = store::database::open(dir.file(), store::database::access::read_write);
  REQUIRE(database.has_value());
  REQUIRE(database->execute("PRAGMA busy_timeout = 1").has_value());
  auto store = ledger_store::open(std::move(*database), {.random = repeatable()});
  REQUIRE(store.has_value());
  auto other = store::database::open(dir.file(), store::database::access::read_write);
  REQUIRE(other.has_value());
  REQUIRE(other->begin().has_value());
  const auto begun = store->begin(noon);
  REQUIRE(begun.has_error());
  CHECK(begun.error().code == base::errc::unavailable);
  store->rollback();
  other->rollback();
  CHECK_FALSE(alone(*store, a_payment(), "k").refusal);
}
