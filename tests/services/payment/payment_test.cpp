#include "services/payment/identifier.hpp"
#include "services/payment/payment.hpp"
#include "tests/services/payment/ledger.hpp"
#include "tests/services/payment/testing_system.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;

namespace {

using promise = caf::typed_response_promise<batch_outcomes>;
using told = std::vector<base::result<v1::Outcome>>;

/// What the test sees of the holding store, and tells it. The promises themselves are the actor's: they must
/// be answered by it.
struct held_batches {
  std::vector<actor::envelope> envelopes;
  std::deque<write_batch> batches;      ///< not yet answered
  std::function<void(promise&)> order; ///< what to do with the oldest batch
};

/// A store that keeps its batches until the test has it answer them.
payment_store_actor::behavior_type holding_store(payment_store_actor::pointer self,
                                                 std::shared_ptr<held_batches> held) {
  auto promises = std::make_shared<std::deque<promise>>();
  return {[self, held, promises](const actor::envelope& envelope, const write_batch& batch) {
            held->batches.push_back(batch);
            held->envelopes.push_back(envelope);
            promises->push_back(self->make_response_promise<batch_outcomes>());
            return promises->back();
          },
          [held, promises](commit_group) {
            held->order(promises->front());
            promises->pop_front();
            held->batches.pop_front();
          }};
}

payment_reader_actor::behavior_type echoing_reader(payment_reader_actor::pointer) {
  const auto document = [](const std::string& text) {
    v1::Document d;
    d.set_body(text);
    return d;
  };
  return {
      [document](const actor::envelope&, const v1::GetPaymentRequest& r) { return document(r.id()); },
      [document](const actor::envelope&, const v1::GetBalanceRequest& r) { return document(r.currency()); }};
}

stats::stats_actor::behavior_type counting_stats(stats::stats_actor::pointer,
                                                 std::shared_ptr<std::vector<std::uint32_t>> seen) {
  return {[](const actor::envelope&, const stats::v1::PublishEventsRequest&) {
            return stats::v1::PublishEventsReply{};
          },
          [](const actor::envelope&, const stats::v1::TopRequest&) { return stats::top_view{}; },
          [](const actor::envelope&, const stats::v1::RatesRequest&) { return stats::v1::RatesReply{}; },
          [seen](const actor::envelope& e, const stats::v1::PublishedCounts& counts) {
            CHECK(e.deadline < base::clock::now() + std::chrono::seconds(2));
            seen->push_back(counts.payments());
          }};
}

v1::Outcome an_outcome(bool replayed = false) {
  v1::Outcome outcome;
  outcome.set_status(201);
  outcome.set_body("{}");
  outcome.set_replayed(replayed);
  return outcome;
}

/// The payment actor between actors that the test plays.
struct desk_test {
  desk_test()
      : store(world.adopt(world.system().spawn(holding_store, held))), store_service(world.service_of(store)),
        metrics(registry),
        payments(world.adopt(world.system().spawn(
            payment::payment, metrics,
            payment_links{store_service, world.service_of(world.adopt(world.system().spawn(echoing_reader))),
                          world.service_of(world.adopt(world.system().spawn(counting_stats, published)))}))) {
    world.run();
  }

  template <class Request>
  auto send(const std::string& key, const Request& request) {
    auto pending = world.send(payments, with_key(key), request);
    world.run();
    return pending;
  }

  /// Has the store answer the oldest batch that it holds.
  void answer(const told& each) {
    act([each](promise& p) { p.deliver(batch_outcomes{each}); });
  }
  /// The same with one answer for every write of it.
  void answer(const v1::Outcome& outcome) { answer(told(writes_of_oldest(), outcome)); }
  void refuse(base::errc code) { answer(told(writes_of_oldest(), base::fail(code, "no"))); }

  void act(std::function<void(promise&)> order) {
    REQUIRE_FALSE(held->batches.empty());
    held->order = std::move(order);
    caf::anon_send(store, commit_group{});
    world.run();
  }

  std::size_t writes_of_oldest() const {
    REQUIRE_FALSE(held->batches.empty());
    return held->batches.front().writes.size();
  }

  template <class Pending>
  static base::result<v1::Outcome> outcome_of(Pending& pending) {
    return testing_system::answer_to<v1::Outcome>(std::move(pending));
  }

  template <class Pending>
  static base::errc error_of(Pending& pending) {
    const auto outcome = outcome_of(pending);
    REQUIRE(outcome.has_error());
    return outcome.error().code;
  }

  std::uint64_t counted(operation_kind kind, ending e) const { return metrics.writes(kind, e).value(); }

  std::shared_ptr<held_batches> held = std::make_shared<held_batches>();
  std::shared_ptr<std::vector<std::uint32_t>> published = std::make_shared<std::vector<std::uint32_t>>();
  metrics::registry registry;
  testing_system world;
  payment_store_actor store;
  actor::service<payment_store_actor> store_service;
  payment_metrics metrics;
  payment_actor payments;
};

} // namespace

TEST_CASE("while a write runs its key is taken, and then it is free", "[unit][payment]") {
  desk_test desk;
  auto first = desk.send("k", a_payment());
  auto second = desk.send("k", a_payment());
  CHECK(desk.error_of(second) == base::errc::conflict);
  auto other = desk.send("k", a_payment(1)); // another body runs into the same key
  CHECK(desk.error_of(other) == base::errc::conflict);
  CHECK(desk.held->batches.size() == 1);
  desk.answer(an_outcome());
  CHECK(desk.outcome_of(first).has_value());
  auto third = desk.send("k", a_payment());
  desk.answer(an_outcome(true));
  CHECK(desk.outcome_of(third).has_value());
  CHECK(desk.counted(operation_kind::payment, ending::created) == 1);
  CHECK(desk.counted(operation_kind::payment, ending::replayed) == 1);
  CHECK(desk.counted(operation_kind::payment, ending::conflict) == 2);
}

TEST_CASE("the key is free again after every kind of error", "[unit][payment]") {
  desk_test desk;
  for (const auto code :
       {base::errc::unavailable, base::errc::unprocessable, base::errc::deadline_exceeded}) {
    auto pending = desk.send("k", a_payment());
    desk.refuse(code);
    CHECK(desk.error_of(pending) == code);
  }
  auto broken = desk.send("k", a_payment());
  desk.act([](promise&) {}); // the store forgets it
  CHECK(desk.error_of(broken) == base::errc::unavailable);
  auto last = desk.send("k", a_payment());
  desk.answer(an_outcome());
  CHECK(desk.outcome_of(last).has_value());
  CHECK(desk.counted(operation_kind::payment, ending::failed) == 3);
  CHECK(desk.counted(operation_kind::payment, ending::refused) == 1);
}

TEST_CASE("keys run apart by customer, and by payment for refunds", "[unit][payment]") {
  desk_test desk;
  const auto first_id = seal_id({1, 2}, operation_kind::payment, {1, 1});
  const auto second_id = seal_id({1, 2}, operation_kind::payment, {2, 2});
  auto one = desk.send("k", a_payment(1, "a"));
  auto two = desk.send("k", a_payment(1, "b"));
  auto three = desk.send("k", a_refund(first_id, 1));
  auto four = desk.send("k", a_refund(second_id, 1));
  auto five = desk.send("l", a_payment(1, "a"));
  CHECK(desk.held->batches.size() == 5);
  auto same_refund = desk.send("k", a_refund(first_id, 1));
  CHECK(desk.error_of(same_refund) == base::errc::conflict);
  auto same_customer = desk.send("k", a_credit(1, "a"));
  CHECK(desk.error_of(same_customer) == base::errc::conflict);
  while (!desk.held->batches.empty()) desk.answer(an_outcome());
  for (auto* pending : {&one, &two, &three, &four, &five}) CHECK(desk.outcome_of(*pending).has_value());
}

TEST_CASE("when the store actor ends, its requests are answered and their keys free", "[unit][payment]") {
  desk_test desk;
  auto pending = desk.send("k", a_payment());
  caf::anon_send_exit(desk.store, caf::exit_reason::kill);
  desk.world.run();
  CHECK(desk.error_of(pending) == base::errc::unavailable);

  SECTION("while it is down") {
    desk.store_service.slot()->set(0, nullptr);
    auto refused = desk.send("k", a_payment());
    CHECK(desk.error_of(refused) == base::errc::unavailable);
  }
  SECTION("before the supervisor has noticed") {
    auto refused = desk.send("k", a_payment());
    CHECK(desk.error_of(refused) == base::errc::unavailable);
  }
  SECTION("after it has been started again") {
    desk.held->batches.clear();
    desk.store = desk.world.adopt(desk.world.system().spawn(holding_store, desk.held));
    desk.store_service.slot()->set(0, caf::actor_cast<caf::strong_actor_ptr>(desk.store));
    auto again = desk.send("k", a_payment());
    desk.answer(an_outcome());
    CHECK(desk.outcome_of(again).has_value());
  }
}

TEST_CASE("what is malformed never reaches the store", "[unit][payment]") {
  desk_test desk;
  for (const auto& key : {std::string(), std::string(256, 'k'), std::string("a\0b", 3), std::string("a\nb"),
                          std::string("\xC3\xA4")}) {
    auto pending = desk.send(key, a_payment());
    CHECK(desk.error_of(pending) == base::errc::invalid_argument);
  }
  auto payment = desk.send("k", a_payment(0));
  CHECK(desk.error_of(payment) == base::errc::invalid_argument);
  auto credit = desk.send("k", a_credit(-1));
  CHECK(desk.error_of(credit) == base::errc::invalid_argument);
  auto refund = desk.send("k", a_refund("pay_x", 0));
  CHECK(desk.error_of(refund) == base::errc::invalid_argument);
  v1::GetBalanceRequest balance;
  balance.set_currency("gbp");
  CHECK(desk.world.ask<v1::Document>(desk.payments, with_key(""), balance).error().code ==
        base::errc::invalid_argument);
  CHECK(desk.held->batches.empty());
}

TEST_CASE("writes that have come together travel as one batch, and each gets its own answer",
          "[unit][payment]") {
  desk_test desk;
  const auto id = seal_id({1, 2}, operation_kind::payment, {1, 1});
  auto early = with_key("k1");
  early.deadline = base::clock::now() + std::chrono::seconds(7);
  early.trace.trace_low = 77;
  auto late = with_key("k2");
  late.deadline = early.deadline + std::chrono::seconds(5);
  auto one = desk.world.send(desk.payments, early, a_payment(11));
  auto two = desk.world.send(desk.payments, late, a_refund(id, 12));
  auto three = desk.world.send(desk.payments, early, a_credit(13, "other"));
  auto twice = desk.world.send(desk.payments, early, a_payment(11));
  desk.world.run();
  REQUIRE(desk.held->batches.size() == 1);
  CHECK(desk.error_of(twice) == base::errc::conflict);
  const auto& envelope = desk.held->envelopes.at(0);
  CHECK(envelope.deadline == late.deadline); // a write that has more time than the others keeps it
  CHECK(envelope.trace.trace_low == 77);
  const auto& writes = desk.held->batches.front().writes;
  REQUIRE(writes.size() == 3);
  CHECK(writes[0].deadline == early.deadline);
  CHECK(writes[0].key == "k1");
  CHECK(writes[1].deadline == late.deadline);
  CHECK(std::get<v1::CreatePaymentRequest>(writes[0].request).amount_minor() == 11);
  CHECK(std::get<v1::CreateRefundRequest>(writes[1].request).amount_minor() == 12);
  CHECK(std::get<v1::CreateCreditRequest>(writes[2].request).amount_minor() == 13);

  desk.answer({an_outcome(), base::fail(base::errc::unprocessable, "no"), an_outcome(true)});
  CHECK_FALSE(desk.outcome_of(one)->replayed());
  CHECK(desk.error_of(two) == base::errc::unprocessable);
  CHECK(desk.outcome_of(three)->replayed());
  CHECK(desk.counted(operation_kind::payment, ending::created) == 1);
  CHECK(desk.counted(operation_kind::refund, ending::refused) == 1);
  CHECK(desk.counted(operation_kind::credit, ending::replayed) == 1);
}

TEST_CASE("while a batch is with the store the next one goes after it", "[unit][payment]") {
  desk_test desk;
  auto one = desk.send("k1", a_payment());
  auto two = desk.send("k2", a_payment());
  CHECK(desk.held->batches.size() == 2);
  desk.answer(an_outcome());
  desk.answer(an_outcome(true));
  CHECK_FALSE(desk.outcome_of(one)->replayed());
  CHECK(desk.outcome_of(two)->replayed());
}

TEST_CASE("urgent writes that have come together travel as one batch too", "[unit][payment]") {
  desk_test desk;
  using pending = decltype(desk.send("", a_payment()));
  std::vector<pending> all;
  for (int i = 0; i < 50; ++i) {
    auto envelope = with_key("k" + std::to_string(i));
    envelope.priority = actor::priority::high;
    all.push_back(desk.world.send_urgently(desk.payments, envelope, a_payment()));
  }
  desk.world.run();
  REQUIRE(desk.held->batches.size() == 1);
  CHECK(desk.writes_of_oldest() == 50);
  desk.answer(an_outcome());
  for (auto& one : all) CHECK(desk.outcome_of(one).has_value());
}

TEST_CASE("a batch is sent when it is full", "[unit][payment]") {
  desk_test desk;
  using pending = decltype(desk.send("", a_payment()));
  std::vector<pending> all;
  for (std::size_t i = 0; i < most_in_batch + 3; ++i)
    all.push_back(desk.world.send(desk.payments, with_key("k" + std::to_string(i)), a_payment()));
  desk.world.run();
  REQUIRE(desk.held->batches.size() == 2);
  CHECK(desk.held->batches[0].writes.size() == most_in_batch);
  CHECK(desk.held->batches[1].writes.size() == 3);
  desk.answer(an_outcome());
  desk.answer(an_outcome());
  for (auto& one : all) CHECK(desk.outcome_of(one).has_value());
}

TEST_CASE("when a batch is lost each of its requests is told, and its keys are free", "[unit][payment]") {
  desk_test desk;
  auto one = desk.world.send(desk.payments, with_key("k1"), a_payment());
  auto two = desk.world.send(desk.payments, with_key("k2"), a_credit());
  desk.world.run();

  SECTION("the store ends") { caf::anon_send_exit(desk.store, caf::exit_reason::kill); }
  SECTION("the store forgets it") {
    desk.act([](promise&) {});
  }
  SECTION("the store did not begin it") {
    desk.act([](promise& p) { p.deliver(actor::to_caf(base::fail(base::errc::unavailable, "late"))); });
  }
  desk.world.run();
  CHECK(desk.error_of(one) == base::errc::unavailable);
  CHECK(desk.error_of(two) == base::errc::unavailable);
  CHECK(desk.counted(operation_kind::payment, ending::failed) == 1);
  CHECK(desk.counted(operation_kind::credit, ending::failed) == 1);

  desk.held->batches.clear();
  desk.store = desk.world.adopt(desk.world.system().spawn(holding_store, desk.held));
  desk.store_service.slot()->set(0, caf::actor_cast<caf::strong_actor_ptr>(desk.store));
  auto again = desk.send("k1", a_payment());
  desk.answer(an_outcome());
  CHECK(desk.outcome_of(again).has_value());
}

TEST_CASE("reads are the reader's", "[unit][payment]") {
  desk_test desk;
  v1::GetPaymentRequest get;
  get.set_id("pay_7");
  CHECK(desk.world.ask<v1::Document>(desk.payments, with_key(""), get)->body() == "pay_7");
  v1::GetBalanceRequest balance;
  balance.set_currency("EUR");
  CHECK(desk.world.ask<v1::Document>(desk.payments, with_key(""), balance)->body() == "EUR");
}

TEST_CASE("payments are published together, five times a second at most, and only new ones",
          "[unit][payment]") {
  desk_test desk;
  auto pay = [&, n = 0](bool replayed) mutable {
    auto pending = desk.send("k" + std::to_string(++n), a_payment());
    desk.answer(an_outcome(replayed));
    CHECK(desk.outcome_of(pending).has_value());
  };
  for (int i = 0; i < 10; ++i) pay(false);
  pay(true);
  auto credit = desk.send("c", a_credit());
  desk.answer(an_outcome());
  CHECK(desk.outcome_of(credit).has_value());
  desk.world.pass(std::chrono::milliseconds(199));
  CHECK(desk.published->empty());
  desk.world.pass(std::chrono::milliseconds(1));
  CHECK(*desk.published == std::vector<std::uint32_t>{10});
  desk.world.pass(std::chrono::seconds(5));
  CHECK(desk.published->size() == 1);
  pay(false);
  desk.world.pass(std::chrono::milliseconds(200));
  CHECK(*desk.published == std::vector<std::uint32_t>{10, 1});
}
