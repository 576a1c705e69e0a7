#include "tests/services/payment/ledger.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::payment;
using namespace troupe::payment::test;
using scratch = troupe::store::test::scratch_directory;

namespace {

/// A ledger that is obviously right: maps and sums in memory.
struct plain_ledger {
  struct record {
    std::string request;
    std::string body;
  };
  struct paid {
    std::int64_t amount = 0;
    std::int64_t refunded = 0;
  };
  std::map<std::pair<std::string, std::string>, record> records; // by scope and key
  std::map<std::string, paid> payments;                          // by id
  std::int64_t paid_sum = 0, refunded_sum = 0, credited_sum = 0;
  std::size_t refunds = 0, credits = 0;
};

struct step {
  int kind = 0; // 0 payment, 1 refund, 2 credit
  std::string scope;
  std::string key;
  std::int64_t amount = 0;
};

base::result<verdict> apply(ledger_store& store, const step& s) {
  switch (s.kind) {
  case 0:
    return store.pay(a_payment(s.amount, s.scope), s.key);
  case 1:
    return store.refund(a_refund(s.scope, s.amount), s.key);
  default:
    return store.credit(a_credit(s.amount, s.scope), s.key);
  }
}

/// Does the step in the model and compares what the store said.
void compare(plain_ledger& model, const step& s, const verdict& said) {
  const auto request = std::to_string(s.kind) + "/" + std::to_string(s.amount);
  const auto [known, is_new] = model.records.try_emplace({s.scope, s.key}, plain_ledger::record{request, {}});
  if (!is_new && known->second.request != request) {
    CHECK(refusal_of(said) == base::errc::unprocessable);
    return;
  }
  if (!is_new) {
    REQUIRE_FALSE(said.refusal);
    CHECK(said.outcome.replayed());
    CHECK(said.outcome.body() == known->second.body);
    return;
  }
  if (s.kind == 1) {
    auto& payment = model.payments.at(s.scope);
    if (payment.refunded + s.amount > payment.amount) {
      CHECK(refusal_of(said) == base::errc::unprocessable);
      model.records.erase(known);
      return;
    }
    payment.refunded += s.amount;
    model.refunded_sum += s.amount;
    ++model.refunds;
  }
  REQUIRE_FALSE(said.refusal);
  CHECK_FALSE(said.outcome.replayed());
  known->second.body = said.outcome.body();
  if (s.kind == 0) {
    REQUIRE(model.payments.emplace(id_of(said), plain_ledger::paid{s.amount, 0}).second);
    model.paid_sum += s.amount;
  } else if (s.kind == 2) {
    model.credited_sum += s.amount;
    ++model.credits;
  }
}

std::string expected_balance(const plain_ledger& model) {
  const auto tally = [](std::size_t count, std::int64_t sum) {
    return "{\"count\":" + std::to_string(count) + ",\"amount_minor\":" + std::to_string(sum) + "}";
  };
  return "{\"currency\":\"GBP\",\"payments\":" + tally(model.payments.size(), model.paid_sum) +
         ",\"refunds\":" + tally(model.refunds, model.refunded_sum) +
         ",\"credits\":" + tally(model.credits, model.credited_sum) + ",\"entries_sum_minor\":0}";
}

} // namespace

// Groups of random size, some rolled back, the store reopened now and then, and slots folded all the time.
TEST_CASE("10,000 random operations agree with a ledger in memory", "[unit][payment]") {
  const scratch dir;
  std::mt19937_64 random(20'261'122);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  plain_ledger model;
  std::vector<std::string> payment_ids;
  auto store = std::make_optional(open_store(dir.file(), 100));
  auto reader = open_reader(dir.file());

  std::size_t done = 0;
  while (done < 10'000) {
    const auto size = 1 + below(below(10) == 0 ? 200 : 20);
    auto after = model;
    REQUIRE(store->begin(noon + static_cast<std::int64_t>(done)).has_value());
    for (std::size_t i = 0; i < size; ++i) {
      step s{.kind = static_cast<int>(below(3)),
             .key = "k" + std::to_string(below(200)),
             .amount = 1 + static_cast<std::int64_t>(below(4)) * 250};
      if (s.kind == 1 && payment_ids.empty()) s.kind = 0;
      s.scope =
          s.kind == 1 ? payment_ids[below(payment_ids.size())] : "customer " + std::to_string(below(20));
      const auto said = apply(*store, s);
      REQUIRE(said.has_value());
      compare(after, s, *said);
    }
    done += size;
    if (below(10) == 0) {
      store->rollback();
      continue;
    }
    REQUIRE(store->commit().has_value());
    model = std::move(after);
    payment_ids.clear();
    for (const auto& [id, payment] : model.payments) payment_ids.push_back(id);
    if (below(40) == 0) {
      store.reset();
      store = open_store(dir.file(), 100);
    }
    if (below(20) == 0) CHECK(*reader.balance("GBP") == expected_balance(model));
  }

  CHECK(*reader.balance("GBP") == expected_balance(model));
  CHECK(*open_reader(dir.file()).balance("GBP") == expected_balance(model));
  CHECK(model.refunds > 100);
  for (const auto& [id, payment] : model.payments) {
    const auto read = reader.payment(id);
    REQUIRE(read.has_value());
    CHECK(read->find("\"refunded_minor\":" + std::to_string(payment.refunded) + ",") != std::string::npos);
  }
  CHECK(number_in(dir.file(), "SELECT count(*) FROM operations") ==
        static_cast<std::int64_t>(model.records.size()));
  CHECK(number_in(dir.file(), "SELECT count(*) FROM (SELECT operation FROM entries GROUP BY operation "
                              "HAVING count(*) != 2 OR sum(amount) != 0)") == 0);
  CHECK(number_in(dir.file(), "SELECT count(*) FROM slots") > 0);
}
