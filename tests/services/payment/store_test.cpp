#include "tests/platform/base/colliding_texts.hpp"
#include "tests/services/payment/ledger.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;
using scratch = troupe::store::test::scratch_directory;

TEST_CASE("a payment is recorded with two entries that sum to zero", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  const auto said = alone(store, a_payment(), "k1");
  const auto id = id_of(said);
  CHECK(said.outcome.status() == 201);
  CHECK(said.outcome.location() == "/v1/payments/" + id);
  CHECK_FALSE(said.outcome.replayed());
  CHECK(said.outcome.body() ==
        R"({"id":")" + id +
            R"(","customer_id":"17850","amount_minor":13912,"currency":"GBP","reference":"536365",)"
            R"("status":"captured","refunded_minor":0,"created_at":"2026-11-22T12:00:00.123456Z"})");
  auto reader = open_reader(dir.file());
  const auto read = reader.payment(id);
  REQUIRE(read.has_value());
  CHECK(*read == said.outcome.body());
  CHECK(number_in(dir.file(), "SELECT count(*) FROM entries WHERE operation = 1") == 2);
  CHECK(number_in(dir.file(), "SELECT sum(amount) FROM entries") == 0);
  CHECK(number_in(dir.file(), "SELECT max(amount) FROM entries") == 13912);
}

TEST_CASE("a repeated request is answered with the same bytes and writes nothing", "[unit][payment]") {
  const scratch dir;
  std::string payment_id;
  verdict payment, credit, refund;
  {
    auto store = open_store(dir.file());
    payment = alone(store, a_payment(), "k1");
    payment_id = id_of(payment);
    credit = alone(store, a_credit(), "k2");
    refund = alone(store, a_refund(payment_id, 500), "k1");
  }
  const auto repeat_all = [&](ledger_store& store) {
    const auto later = noon + 5'000'000;
    for (const auto& [first, again] :
         {std::pair{payment, alone(store, a_payment(), "k1", later)},
          std::pair{credit, alone(store, a_credit(), "k2", later)},
          std::pair{refund, alone(store, a_refund(payment_id, 500), "k1", later)}}) {
      CHECK(again.outcome.replayed());
      CHECK(again.outcome.status() == first.outcome.status());
      CHECK(again.outcome.body() == first.outcome.body());
      CHECK(again.outcome.location() == first.outcome.location());
    }
  };
  {
    auto store = open_store(dir.file());
    repeat_all(store);
    repeat_all(store);
  }
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 3);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM entries") == 6);
  auto store = open_store(dir.file(), 1);
  for (int i = 0; i < 5; ++i) alone(store, a_payment(), "other" + std::to_string(i));
  REQUIRE(number_in(dir.file(), "SELECT count(*) FROM slots") >= 3); // from now on from there
  repeat_all(store);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 8);
}

TEST_CASE("a request is repeated within its own group too", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  REQUIRE(store.begin(noon).has_value());
  const auto first = store.pay(a_payment(), "k");
  const auto again = store.pay(a_payment(), "k");
  const auto other = store.pay(a_payment(1), "k");
  REQUIRE(store.commit().has_value());
  CHECK(first->outcome.body() == again->outcome.body());
  CHECK(again->outcome.replayed());
  CHECK(refusal_of(*other) == base::errc::unprocessable);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 1);
}

TEST_CASE("a payment is refunded within its own group, and both are repeated there", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  auto reader = open_reader(dir.file());
  REQUIRE(store.begin(noon).has_value());
  const auto id = id_of(*store.pay(a_payment(100), "k"));
  const auto other = id_of(*store.pay(a_payment(7), "other"));
  const auto refund = store.refund(a_refund(id, 60), "r");
  CHECK(refusal_of(*store.refund(a_refund(id, 41), "s")) == base::errc::unprocessable);
  CHECK(store.refund(a_refund(id, 60), "r")->outcome.body() == refund->outcome.body());
  CHECK(id_of(*store.pay(a_payment(100), "k")) == id);
  const auto last = id_of(*store.pay(a_payment(8), "last"));
  REQUIRE(store.commit().has_value());
  CHECK(member(*reader.payment(id), "status") == "partially_refunded");
  CHECK(member(*reader.payment(other), "status") == "captured");
  CHECK(member(*reader.payment(last), "status") == "captured");
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 4);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM entries") == 8);
  CHECK(number_in(dir.file(), "SELECT total(amount) FROM entries") == 0);
}

TEST_CASE("C-122: a used key with another request is refused, whatever differs", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  const auto id = id_of(alone(store, a_payment(), "k"));
  auto other_reference = a_payment();
  other_reference.set_reference("536366");
  for (const auto& other : {a_payment(13911), a_payment(13912, "17850", "EUR"), other_reference})
    CHECK(refusal_of(alone(store, other, "k")) == base::errc::unprocessable);
  v1::CreateCreditRequest as_credit; // the same fields as the payment
  REQUIRE(as_credit.ParseFromString(a_payment().SerializeAsString()));
  CHECK(refusal_of(alone(store, as_credit, "k")) == base::errc::unprocessable);

  alone(store, a_refund(id, 100), "r");
  CHECK(refusal_of(alone(store, a_refund(id, 101), "r")) == base::errc::unprocessable);
  auto other_reason = a_refund(id, 100);
  other_reason.set_reason("late");
  CHECK(refusal_of(alone(store, other_reason, "r")) == base::errc::unprocessable);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 2);
}

TEST_CASE("C-123: keys are apart by customer, and by payment for refunds", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  const auto first = id_of(alone(store, a_payment(1000, "a"), "k"));
  const auto second = id_of(alone(store, a_payment(1000, "b"), "k"));
  CHECK(first != second);
  CHECK(id_of(alone(store, a_refund(first, 1), "k")) != id_of(alone(store, a_refund(second, 1), "k")));
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 4);
}

TEST_CASE("keys and customers that resemble each other stay apart", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  const std::vector<std::pair<std::string, std::string>> pairs{{"a", "bc"},
                                                               {"ab", "c"},
                                                               {"a", "b"},
                                                               {"A", "b"},
                                                               {"a ", "b"},
                                                               {"a", "b "},
                                                               {"a", std::string(255, 'k')},
                                                               {"'--", "'--"}};
  for (const auto& [customer, key] : pairs)
    CHECK_FALSE(alone(store, a_payment(5, customer), key).outcome.replayed());
  for (const auto& [customer, key] : pairs)
    CHECK(alone(store, a_payment(5, customer), key).outcome.replayed());
}

TEST_CASE("C-132: refunds, many and small, never exceed the payment", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  auto reader = open_reader(dir.file());
  const auto id = id_of(alone(store, a_payment(100), "k"));
  const auto status = [&] { return member(*reader.payment(id), "status"); };
  CHECK(status() == "captured");
  REQUIRE(store.begin(noon).has_value());
  int made = 0;
  for (int i = 0; i < 40; ++i) { // 33 of 3 fit, and then 1 is left
    const auto said = store.refund(a_refund(id, 3), "r" + std::to_string(i));
    REQUIRE(said.has_value());
    if (!said->refusal) ++made;
  }
  REQUIRE(store.commit().has_value());
  CHECK(made == 33);
  CHECK(status() == "partially_refunded");
  CHECK(refusal_of(alone(store, a_refund(id, 2), "s")) == base::errc::unprocessable);
  CHECK_FALSE(alone(store, a_refund(id, 1), "s").refusal); // a refused request leaves its key free
  CHECK(status() == "refunded");
  CHECK(refusal_of(alone(store, a_refund(id, 1), "t")) == base::errc::unprocessable);
  CHECK(refusal_of(alone(store, a_refund(id, std::numeric_limits<std::int64_t>::max()), "t")) ==
        base::errc::unprocessable);
  CHECK(number_in(dir.file(), "SELECT sum(amount) FROM operations WHERE kind = 2") == 100);
  CHECK(number_in(dir.file(), "SELECT sum(amount) FROM entries") == 0);
}

TEST_CASE("only a payment can be refunded or read as one", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  auto reader = open_reader(dir.file());
  const auto payment = id_of(alone(store, a_payment(), "p"));
  const auto credit = id_of(alone(store, a_credit(), "c"));
  const auto refund = id_of(alone(store, a_refund(payment, 1), "r"));
  auto forged = payment;
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const auto& id :
       {credit, refund, "pay_" + credit.substr(4), "pay_" + refund.substr(4), forged, std::string("x"),
        std::string(), "pay_" + std::string(32, '0'), "pay_" + std::string(32, 'f')}) {
    CAPTURE(id);
    CHECK(refusal_of(alone(store, a_refund(id, 1), "k")) == base::errc::not_found);
    const auto read = reader.payment(id);
    REQUIRE(read.has_error());
    CHECK(read.error().code == base::errc::not_found);
  }
}

TEST_CASE("the balance counts and sums each currency, also above 64 bits", "[unit][payment]") {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  const scratch dir;
  auto store = open_store(dir.file());
  auto reader = open_reader(dir.file());
  const auto empty =
      R"({"currency":"GBP","payments":{"count":0,"amount_minor":0},"refunds":{"count":0,"amount_minor":0},)"
      R"("credits":{"count":0,"amount_minor":0},"entries_sum_minor":0})";
  CHECK(*reader.balance("GBP") == empty);
  const auto id = id_of(alone(store, a_payment(13912), "1"));
  alone(store, a_refund(id, 500), "2");
  alone(store, a_credit(165), "3");
  alone(store, a_payment(7, "17850", "JPY"), "4");
  const auto full = R"({"currency":"GBP","payments":{"count":1,"amount_minor":13912},)"
                    R"("refunds":{"count":1,"amount_minor":500},"credits":{"count":1,"amount_minor":165},)"
                    R"("entries_sum_minor":0})";
  CHECK(*reader.balance("GBP") == full);
  CHECK(*reader.balance("GBP") == full);
  CHECK(*open_reader(dir.file()).balance("GBP") == full);
  for (int i = 0; i < 3; ++i) alone(store, a_payment(largest, "17850", "JPY"), "big" + std::to_string(i));
  const auto wide = *reader.balance("JPY"); // 3 * (2^63 - 1) + 7
  CHECK(wide.find(R"("payments":{"count":4,"amount_minor":27670116110564327428})") != std::string::npos);
  CHECK(wide.find(R"("entries_sum_minor":0})") != std::string::npos);
  CHECK(*open_reader(dir.file()).balance("JPY") == wide);
}

TEST_CASE("the sum of the entries is computed from the entries", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  alone(store, a_payment(100), "1");
  {
    auto other = store::database::open(dir.file(), store::database::access::read_write);
    REQUIRE(other.has_value());
    REQUIRE(other->execute("UPDATE entries SET amount = amount + 1 WHERE id = 1").has_value());
  }
  CHECK(open_reader(dir.file()).balance("GBP")->ends_with(R"("entries_sum_minor":1})"));
}

TEST_CASE("a group that is rolled back leaves no trace", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file(), 2);
  const auto id = id_of(alone(store, a_payment(), "k0"));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(store.begin(noon).has_value());
    REQUIRE(store.pay(a_payment(5, "new customer"), "k1").has_value());
    REQUIRE(store.refund(a_refund(id, 5), "k2").has_value());
    store.rollback();
  }
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 1);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM entries") == 2);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM accounts WHERE name LIKE '%new%'") == 0);
  CHECK(number_in(dir.file(), "SELECT refunded FROM operations WHERE number = 1") == 0);
  CHECK_FALSE(alone(store, a_payment(5, "new customer"), "k1").outcome.replayed());
  CHECK(number_in(dir.file(), "SELECT count(*) FROM entries e JOIN accounts a ON a.id = e.account") == 4);
}

TEST_CASE("an end without commit, as by kill -9, leaves what was committed and nothing else",
          "[unit][payment]") {
  const scratch dir;
  verdict kept;
  {
    auto store = open_store(dir.file());
    kept = alone(store, a_payment(), "k1");
    REQUIRE(store.begin(noon).has_value());
    REQUIRE(store.pay(a_payment(), "k2").has_value());
  }
  auto store = open_store(dir.file());
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 1);
  CHECK(alone(store, a_payment(), "k1").outcome.body() == kept.outcome.body());
  CHECK_FALSE(alone(store, a_payment(), "k2").outcome.replayed());
}

TEST_CASE("two writers of one file never record a key twice", "[unit][payment]") {
  const scratch dir;
  auto one = open_store(dir.file(), 3);
  auto two = open_store(dir.file(), 3);
  std::vector<verdict> first;
  for (int i = 0; i < 20; ++i)
    first.push_back(alone(i % 2 == 0 ? one : two, a_payment(i + 1), "k" + std::to_string(i)));
  for (int i = 0; i < 20; ++i) {
    for (auto* store : {&one, &two}) {
      const auto again = alone(*store, a_payment(i + 1), "k" + std::to_string(i));
      CHECK(again.outcome.replayed());
      CHECK(again.outcome.body() == first[static_cast<std::size_t>(i)].outcome.body());
    }
  }
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") == 20);
}

TEST_CASE("a store that cannot be opened says so in one line", "[unit][payment]") {
  const scratch dir;
  const auto no_directory = ledger_store::open(dir.path() / "none" / "payments.sqlite", {});
  REQUIRE(no_directory.has_error());
  CHECK(no_directory.error().code == base::errc::unavailable);
  CHECK(no_directory.error().detail.find('\n') == std::string::npos);
  CHECK(ledger_reader::open(dir.file("missing.sqlite")).has_error());
}

TEST_CASE("C-23: customers whose ids collide in the standard hash are found as fast as others", "[unit][payment]") {
  const scratch dir;
  auto store = open_store(dir.file());
  REQUIRE(store.begin(noon).has_value());
  for (const auto& customer : base::test::colliding_texts::make(1000))
    REQUIRE(store.pay(a_payment(1, customer), "k").has_value());
  CHECK(store.longest_look_up() > 0);
  CHECK(store.longest_look_up() <= 16);
  REQUIRE(store.commit().has_value());
}
