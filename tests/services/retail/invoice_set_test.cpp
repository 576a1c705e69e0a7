#include "services/retail/invoice_set.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace troupe::retail {
namespace {

invoice_line line(std::string_view number, std::int32_t quantity, std::int64_t millionths,
                  std::string_view code = "85123A", std::string_view customer = "17850") {
  return {number, code, "HEART", quantity, millionths, customer};
}

invoice with_amount(std::string number, std::int64_t thousandths, bool has_refused_line = false) {
  invoice one;
  one.number = std::move(number);
  one.amount_thousandths = thousandths;
  one.lines = 1;
  one.has_refused_line = has_refused_line;
  return one;
}

} // namespace

TEST_CASE("settle: the number's letters and the rounded amount say what an invoice is") {
  using enum invoice_kind;
  using enum skip_reason;
  struct {
    invoice of;
    invoice_kind kind;
    skip_reason reason;
    std::int64_t amount_minor;
  } const cases[] = {
      {with_amount("536365", 139120), payment, none, 13912},
      {with_amount("536365", 5), payment, none, 1},
      {with_amount("536365", 4), skipped, amount_not_positive, 0},
      {with_amount("536365", 0), skipped, amount_not_positive, 0},
      {with_amount("536365", -139120), skipped, amount_not_positive, 0},
      {with_amount("C536379", -27500), credit, none, 2750},
      {with_amount("C536379", -15), credit, none, 2},
      {with_amount("C536379", -4), skipped, credit_not_positive, 0},
      {with_amount("C536379", 0), skipped, credit_not_positive, 0},
      {with_amount("C536379", 27500), skipped, credit_not_positive, 0},
      {with_amount("A563185", 110620), skipped, other_prefix, 0},
      {with_amount("CC1", -100), skipped, other_prefix, 0},
      {with_amount("c536379", -100), skipped, other_prefix, 0},
      {with_amount("536365", 139120, true), skipped, refused_line, 0},
      {with_amount("C536379", -27500, true), skipped, refused_line, 0},
      {with_amount("A563185", 1, true), skipped, other_prefix, 0},
  };
  for (const auto& c : cases) {
    INFO(c.of.number << " " << c.of.amount_thousandths);
    const auto as = settle(c.of);
    CHECK(as.kind == c.kind);
    CHECK(name(as.reason) == name(c.reason));
    CHECK(as.amount_minor == c.amount_minor);
  }
}

TEST_CASE("invoices: lines are grouped by number in the order of their first line, even when they do not "
          "stand together") {
  invoice_set set;
  CHECK_FALSE(set.add(line("2", 1, 1'000'000, "A"), 2));
  CHECK_FALSE(set.add(line("1", 1, 2'000'000, "B"), 3));
  CHECK_FALSE(set.add(line("2", 3, 500'000, "B"), 4));
  REQUIRE(set.invoices().size() == 2);
  const auto& split = set.invoices()[0];
  CHECK(split.number == "2");
  CHECK(split.amount_thousandths == 2500);
  CHECK(split.lines == 2);
  REQUIRE(split.purchases.size() == 2);
  CHECK(split.purchases[1].line == 2);
  CHECK(set.product_ids()[split.purchases[1].product] == "B");
  CHECK(set.invoices()[1].number == "1");
  CHECK(set.product_ids().size() == 2);
}

TEST_CASE(
    "invoices: lines are counted from 1 over all of them, purchases are those with a quantity above 0") {
  invoice_set set;
  CHECK_FALSE(set.add(line("1", -1, 1'000'000), 2));
  CHECK_FALSE(set.add(line("1", 5, 0), 3));
  CHECK_FALSE(set.add(line("1", 0, 1'000'000), 4));
  CHECK_FALSE(set.add(line("1", 7, 1'000'000), 5));
  const auto& one = set.invoices().front();
  REQUIRE(one.purchases.size() == 2);
  CHECK(one.purchases[0].line == 2);
  CHECK(one.purchases[0].quantity == 5);
  CHECK(one.purchases[1].line == 4);
  CHECK_FALSE(set.add(line("C9", 3, 1'000'000), 6));
  CHECK(set.invoices().back().purchases.empty());
}

TEST_CASE("invoices: the price is rounded to thousandths before it is multiplied") {
  invoice_set set;
  CHECK_FALSE(set.add(line("1", 1000, 1'500), 2)); // 0.0015: 2 thousandths
  CHECK(set.invoices().front().amount_thousandths == 2000);
  CHECK_FALSE(set.add(line("2", 1000, -1'500), 3));
  CHECK(set.invoices().back().amount_thousandths == -2000);
}

TEST_CASE("invoices: a line of another customer is refused and the invoice is not settled") {
  invoice_set set;
  CHECK_FALSE(set.add(line("1", 1, 1'000'000), 2));
  const auto problem = set.add(line("1", 1, 1'000'000, "A", "99"), 3);
  REQUIRE(problem);
  CHECK(problem->line == 3);
  CHECK(problem->column == "CustomerID");
  CHECK(problem->found == "99");
  CHECK(settle(set.invoices().front()).reason == skip_reason::refused_line);
}

TEST_CASE("invoices: an amount that does not fit is refused, not wrapped") {
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t dear = 999'999'999'999'000'000;
  invoice_set set;
  const auto product = set.add(line("1", most, dear), 2);
  REQUIRE(product);
  CHECK(product->column == "UnitPrice");

  // 9,000 times 999,999,999,999.000 pounds is below 2^63 thousandths, twice that is not.
  CHECK_FALSE(set.add(line("2", 9000, dear), 3));
  CHECK(set.add(line("2", 9000, dear), 4));
  CHECK_FALSE(set.add(line("C3", -9000, dear), 5));
  CHECK(set.add(line("C3", -9000, dear), 6));
  for (const auto& one : set.invoices()) CHECK(settle(one).reason == skip_reason::refused_line);
}

TEST_CASE(
    "invoices: a row that was refused before it became a line spoils its invoice, whichever comes first") {
  invoice_set set;
  set.refuse_line("1");
  CHECK_FALSE(set.add(line("1", 1, 1'000'000), 3));
  CHECK_FALSE(set.add(line("2", 1, 1'000'000), 4));
  set.refuse_line("2");
  REQUIRE(set.invoices().size() == 2);
  for (const auto& one : set.invoices()) {
    CHECK(one.lines == 2);
    CHECK(settle(one).reason == skip_reason::refused_line);
  }
}

} // namespace troupe::retail
