#include "services/payment/store_actor.hpp"
#include "tests/services/payment/file_size_limit.hpp"
#include "tests/services/payment/ledger.hpp"
#include "tests/services/payment/testing_system.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;
using scratch = troupe::store::test::scratch_directory;

namespace {

/// The store actor on a real file, run by the test.
struct running_store {
  running_store()
      : metrics(registry), actor(world.adopt(world.system().spawn(
                               store_actor, std::make_shared<ledger_store>(open_store(dir.file())), metrics,
                               store_clocks{.wall = [] { return noon; },
                                            .monotonic = [this] { return base::clock::now() + ahead; }}))) {}

  using answers = decltype(std::declval<testing_system&>().send(
      std::declval<payment_store_actor>(), actor::envelope{}, v1::CreatePaymentRequest{}));

  answers send(const std::string& key, std::int64_t amount = 10) {
    return world.send(actor, with_key(key), a_payment(amount));
  }

  scratch dir;
  metrics::registry registry;
  store_metrics metrics;
  base::duration ahead{0}; // of the actor's clock, at the commit
  testing_system world;
  payment_store_actor actor;
};

base::result<v1::Outcome> outcome_of(running_store::answers& pending) {
  return testing_system::answer_to<v1::Outcome>(std::move(pending));
}

} // namespace

TEST_CASE("all writes that wait are one commit, and each gets its own answer", "[unit][payment]") {
  running_store store;
  std::vector<running_store::answers> pending;
  for (int i = 0; i < 300; ++i) pending.push_back(store.send("k" + std::to_string(i), i + 1));
  store.world.run();
  CHECK(store.metrics.commits->value() == 1);
  CHECK(store.metrics.operations->value() == 300);
  for (int i = 0; i < 300; ++i) {
    const auto outcome = outcome_of(pending[static_cast<std::size_t>(i)]);
    REQUIRE(outcome.has_value());
    CHECK(outcome->body().find("\"amount_minor\":" + std::to_string(i + 1) + ",") != std::string::npos);
  }
  CHECK(number_in(store.dir.file(), "SELECT count(*) FROM operations") == 300);
}

TEST_CASE("a group is committed when it is full", "[unit][payment]") {
  running_store store;
  std::vector<running_store::answers> pending;
  for (std::size_t i = 0; i < 2 * most_in_group + 7; ++i)
    pending.push_back(store.send("k" + std::to_string(i)));
  store.world.run();
  CHECK(store.metrics.commits->value() == 3);
  CHECK(store.metrics.operations->value() == 2 * most_in_group + 7);
  for (auto& one : pending) CHECK(outcome_of(one).has_value());
}

TEST_CASE("one write alone is committed at once", "[unit][payment]") {
  running_store store;
  for (int i = 0; i < 3; ++i) {
    auto pending = store.send("k" + std::to_string(i));
    store.world.run();
    CHECK(outcome_of(pending).has_value());
  }
  CHECK(store.metrics.commits->value() == 3);
}

TEST_CASE("a refusal in a group leaves its neighbours alone", "[unit][payment]") {
  running_store store;
  auto first = store.send("k", 1);
  auto other = store.send("k", 2);
  auto refund = store.world.send(store.actor, with_key("r"), a_refund("pay_none", 5));
  auto credit = store.world.send(store.actor, with_key("c"), a_credit());
  store.world.run();
  CHECK(store.metrics.commits->value() == 1);
  CHECK(outcome_of(first).has_value());
  CHECK(outcome_of(other).error().code == base::errc::unprocessable);
  CHECK(outcome_of(refund).error().code == base::errc::not_found);
  CHECK(outcome_of(credit).has_value());
  CHECK(number_in(store.dir.file(), "SELECT count(*) FROM operations") == 2);
}

TEST_CASE("a write whose deadline has passed is not begun, at dequeue nor at the commit", "[unit][payment]") {
  running_store store;
  auto envelope = with_key("late");
  envelope.deadline = envelope.sent - std::chrono::milliseconds(1);
  auto late = store.world.send(store.actor, envelope, a_payment());
  store.ahead = std::chrono::minutes(30);
  envelope = with_key("soon late");
  envelope.deadline = envelope.sent + std::chrono::minutes(10);
  auto soon_late = store.world.send(store.actor, envelope, a_payment());
  auto in_time = store.send("in time");
  store.world.run();
  CHECK(store.metrics.service.expired->value() == 1);
  CHECK(outcome_of(late).error().code == base::errc::deadline_exceeded);
  CHECK(outcome_of(soon_late).error().code == base::errc::deadline_exceeded);
  CHECK(outcome_of(in_time).has_value());
  CHECK(number_in(store.dir.file(), "SELECT count(*) FROM operations") == 1);
}

TEST_CASE(
    "when the disk refuses a group every request of it is answered unavailable, and the next group goes on",
    "[unit][payment]") {
  running_store store;
  auto before = store.send("before");
  store.world.run();
  REQUIRE(outcome_of(before).has_value());
  std::vector<running_store::answers> pending;
  {
    const file_size_limit limit(std::filesystem::file_size(store.dir.file("test.db-wal")));
    for (int i = 0; i < 50; ++i) pending.push_back(store.send("k" + std::to_string(i)));
    store.world.run();
  }
  for (auto& one : pending) {
    const auto outcome = outcome_of(one);
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == base::errc::unavailable);
    CHECK(outcome.error().detail == "not recorded: try again with the same Idempotency-Key");
  }
  CHECK(store.metrics.failures->value() == 1);
  CHECK(store.metrics.commits->value() == 1);
  CHECK(number_in(store.dir.file(), "SELECT count(*) FROM operations") == 1);
  auto again = store.send("k7");
  store.world.run();
  const auto outcome = outcome_of(again);
  REQUIRE(outcome.has_value());
  CHECK_FALSE(outcome->replayed());
}

TEST_CASE("when the store actor ends, whoever waits is told", "[unit][payment]") {
  running_store store;
  auto pending = store.send("k");
  caf::anon_send_exit(store.actor, caf::exit_reason::kill);
  store.world.run();
  const auto outcome = outcome_of(pending);
  // Whether it was recorded or not: it is answered, and never with a success that is not in the file.
  const auto recorded = number_in(store.dir.file(), "SELECT count(*) FROM operations");
  CHECK(outcome.has_value() == (recorded == 1));
  if (outcome.has_error()) CHECK(outcome.error().code == base::errc::unavailable);
}

TEST_CASE("the reader finds what the store has answered", "[unit][payment]") {
  running_store store;
  const auto reader = store.world.adopt(
      store.world.system().spawn(reader_actor, std::make_shared<ledger_reader>(open_reader(store.dir.file())),
                                 actor::service_metrics(store.registry, "payment-reader", 0)));
  auto pending = store.send("k");
  store.world.run();
  const auto outcome = outcome_of(pending);
  v1::GetPaymentRequest get;
  get.set_id(member(outcome->body(), "id"));
  const auto found = store.world.ask<v1::Document>(reader, with_key(""), get);
  REQUIRE(found.has_value());
  CHECK(found->body() == outcome->body());
  get.set_id("pay_");
  CHECK(store.world.ask<v1::Document>(reader, with_key(""), get).error().code == base::errc::not_found);
  v1::GetBalanceRequest balance;
  balance.set_currency("GBP");
  CHECK(store.world.ask<v1::Document>(reader, with_key(""), balance)
            ->body()
            .find("\"count\":1,\"amount_minor\":10") != std::string::npos);
}
