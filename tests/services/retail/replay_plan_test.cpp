#include "services/retail/replay_plan.hpp"
#include "services/retail/replay_request.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace troupe::retail {
namespace {

void add(invoice_set& set, std::string_view number, int lines, std::int32_t quantity = 1) {
  for (int i = 0; i < lines; ++i)
    REQUIRE_FALSE(set.add({number, "85123A", "HEART", quantity, 1'000'000, "17850"}, 2));
}

// Carries the plan out with one connection and a server that takes everything; what was sent, in order.
std::vector<std::string> carry_out(replay_plan& plan, const invoice_set& set) {
  std::vector<std::string> sent;
  while (const auto job = plan.next()) {
    sent.push_back(describe(*job, set));
    plan.finish(*job, true);
  }
  return sent;
}

} // namespace

TEST_CASE(
    "replay plan: payments and credits go in file order, events after them in as few requests as possible") {
  invoice_set set;
  add(set, "1", 60);
  add(set, "C2", 1, -1);
  add(set, "3", 70);
  add(set, "A4", 1);
  add(set, "5", 1, -1);
  replay_plan plan(set, 0);
  CHECK(plan.totals().invoices == 5);
  CHECK(plan.totals().payments == 2);
  CHECK(plan.totals().credits == 1);
  CHECK(plan.totals().events == 130);
  CHECK(plan.totals().requests() == 5);
  CHECK(plan.totals().skipped[static_cast<std::size_t>(skip_reason::other_prefix)] == 1);
  CHECK(plan.totals().skipped[static_cast<std::size_t>(skip_reason::amount_not_positive)] == 1);
  CHECK(carry_out(plan, set) == std::vector<std::string>{"payment 1", "credit C2", "payment 3",
                                                         "events 1-1 to 3-40", "events 3-41 to 3-70"});
  CHECK(plan.is_done());
}

TEST_CASE("replay plan: an invoice of many lines makes several requests of at most a hundred events") {
  invoice_set set;
  add(set, "1", 250);
  replay_plan plan(set, 0);
  CHECK(carry_out(plan, set) == std::vector<std::string>{"payment 1", "events 1-1 to 1-100",
                                                         "events 1-101 to 1-200", "events 1-201 to 1-250"});
}

TEST_CASE("replay plan: the purchases of a payment that was not taken are never sent") {
  invoice_set set;
  add(set, "1", 3);
  replay_plan plan(set, 0);
  const auto job = plan.next();
  REQUIRE(job);
  CHECK_FALSE(plan.next()); // the answer may bring events
  CHECK_FALSE(plan.is_done());
  plan.finish(*job, false);
  CHECK_FALSE(plan.next());
  CHECK(plan.is_done());
}

TEST_CASE("replay plan: a batch that is not full waits for the payments under way") {
  invoice_set set;
  add(set, "1", 3);
  add(set, "2", 4);
  replay_plan plan(set, 0);
  const auto first = plan.next();
  const auto second = plan.next();
  REQUIRE((first && second));
  plan.finish(*first, true);
  CHECK_FALSE(plan.next());
  plan.finish(*second, true);
  const auto events = plan.next();
  REQUIRE(events);
  CHECK(events->events() == 7);
  CHECK(plan.is_done());
}

TEST_CASE("replay plan: a limit takes the first invoices of the file, skipped ones included") {
  invoice_set set;
  add(set, "A1", 1);
  add(set, "2", 1);
  add(set, "3", 1);
  replay_plan plan(set, 2);
  CHECK(plan.totals().invoices == 2);
  CHECK(carry_out(plan, set) == std::vector<std::string>{"payment 2", "events 2-1 to 2-1"});
  CHECK(replay_plan(set, 99).totals().invoices == 3);
}

TEST_CASE("replay plan: a refused batch is given out again in halves until one event is left") {
  invoice_set set;
  add(set, "1", 2);
  add(set, "2", 3);
  replay_plan plan(set, 0);
  const auto payment = plan.next();
  plan.finish(*payment, true);
  const auto other = plan.next();
  plan.finish(*other, true);
  const auto batch = plan.next();
  REQUIRE(batch);
  REQUIRE(batch->events() == 5);
  REQUIRE(plan.split(*batch));
  CHECK_FALSE(plan.is_done());
  const auto first = plan.next();
  const auto second = plan.next();
  REQUIRE((first && second));
  CHECK(describe(*first, set) == "events 1-1 to 1-2");
  CHECK(describe(*second, set) == "events 2-1 to 2-3");
  REQUIRE(plan.split(*second));
  const auto single = plan.next();
  CHECK(describe(*single, set) == "events 2-1 to 2-1");
  CHECK_FALSE(plan.split(*single));
  CHECK_FALSE(plan.split(*payment));
  CHECK(describe(*plan.next(), set) == "events 2-2 to 2-3");
  CHECK(plan.is_done());
}

} // namespace troupe::retail
