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

template <class Request>
ledger_write a_write(const std::string& key, const Request& request,
                     base::duration left = std::chrono::hours(1)) {
  return {base::clock::now() + left, key, request};
}

/// The store actor on a real file, run by the test.
struct running_store {
  running_store()
      : metrics(registry), actor(world.adopt(world.system().spawn(
                               store_actor, std::make_shared<ledger_store>(open_store(dir.file())), metrics,
                               store_clocks{.wall = [] { return noon; },
                                            .monotonic = [this] { return base::clock::now() + ahead; }}))) {}

  using answers = decltype(std::declval<testing_system&>().send(
      std::declval<payment_store_actor>(), actor::envelope{}, write_batch{}));

  answers send(std::vector<ledger_write> writes) {
    auto envelope = with_key("");
    envelope.deadline = writes.back().deadline;
    return world.send(actor, envelope, write_batch{std::move(writes)});
  }
  /// A batch of one.
  answers send(const std::string& key, std::int64_t amount = 10) {
    return send({a_write(key, a_payment(amount))});
  }

  scratch dir;
  metrics::registry registry;
  store_metrics metrics;
  base::duration ahead{0}; // of the actor's clock, at the commit
  testing_system world;
  payment_store_actor actor;
};

using told = std::vector<base::result<v1::Outcome>>;

told outcomes_of(running_store::answers& pending) {
  auto answer = testing_system::answer_to<batch_outcomes>(std::move(pending));
  if (answer.has_error()) return {answer.error()};
  return answer->outcomes;
}

/// Of a batch of one, or of one that has failed as a whole.
base::result<v1::Outcome> outcome_of(running_store::answers& pending) {
  auto all = outcomes_of(pending);
  REQUIRE(all.size() == 1);
  return all.front();
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
  for (std::size_t i = 0; i < 2 * most_in_batch + 7; ++i)
    pending.push_back(store.send("k" + std::to_string(i)));
  store.world.run();
  CHECK(store.metrics.commits->value() == 3);
  CHECK(store.metrics.operations->value() == 2 * most_in_batch + 7);
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

TEST_CASE("a batch is answered in the order of its writes, and a refusal leaves its neighbours alone",
          "[unit][payment]") {
  running_store store;
  auto batch = store.send({a_write("k", a_payment(1)), a_write("k", a_payment(2)),
                           a_write("r", a_refund("pay_none", 5)), a_write("c", a_credit())});
  auto neighbour = store.send("n");
  store.world.run();
  CHECK(store.metrics.commits->value() == 1);
  CHECK(store.metrics.operations->value() == 5);
  const auto outcomes = outcomes_of(batch);
  REQUIRE(outcomes.size() == 4);
  CHECK(outcomes[0]->body().find("\"amount_minor\":1,") != std::string::npos);
  CHECK(outcomes[1].error().code == base::errc::unprocessable);
  CHECK(outcomes[2].error().code == base::errc::not_found);
  CHECK(outcomes[3]->body().find("\"status\":\"issued\"") != std::string::npos);
  CHECK(outcome_of(neighbour).has_value());
  CHECK(number_in(store.dir.file(), "SELECT count(*) FROM operations") == 3);
}

TEST_CASE("a batch that makes a group too large is committed whole", "[unit][payment]") {
  running_store store;
  std::vector<ledger_write> writes;
  for (std::size_t i = 0; i < most_in_batch; ++i)
    writes.push_back(a_write("k" + std::to_string(i), a_payment()));
  auto small = store.send("small");
  auto large = store.send(writes);
  auto after = store.send("after");
  store.world.run();
  CHECK(store.metrics.commits->value() == 2);
  CHECK(outcome_of(small).has_value());
  const auto outcomes = outcomes_of(large);
  CHECK(outcomes.size() == most_in_batch);
  for (const auto& one : outcomes) CHECK(one.has_value());
  CHECK(outcome_of(after).has_value());
  CHECK(number_in(store.dir.file(), "SELECT count(*) FROM operations") == most_in_batch + 2);
}

TEST_CASE("a write whose deadline has passed is not begun, at dequeue nor at the commit", "[unit][payment]") {
  running_store store;
  auto late = store.send({a_write("late", a_payment(), -std::chrono::milliseconds(1))});
  store.ahead = std::chrono::minutes(30);
  auto batch = store.send({a_write("soon late", a_payment(), std::chrono::minutes(10)),
                           a_write("in time", a_payment())});
  store.world.run();
  CHECK(store.metrics.service.expired->value() == 1);
  CHECK(outcome_of(late).error().code == base::errc::deadline_exceeded);
  const auto outcomes = outcomes_of(batch);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].error().code == base::errc::deadline_exceeded);
  CHECK(outcomes[1].has_value());
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
    for (int i = 0; i < 50; i += 2) {
      pending.push_back(store.send({a_write("k" + std::to_string(i), a_payment()),
                                    a_write("k" + std::to_string(i + 1), a_payment())}));
    }
    store.world.run();
  }
  for (auto& batch : pending) {
    const auto outcomes = outcomes_of(batch);
    REQUIRE(outcomes.size() == 2);
    for (const auto& outcome : outcomes) {
      REQUIRE(outcome.has_error());
      CHECK(outcome.error().code == base::errc::unavailable);
      CHECK(outcome.error().detail == "not recorded: try again with the same Idempotency-Key");
    }
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
  const auto outcome = outcome_of(pending); // of the batch, or of its one write
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
