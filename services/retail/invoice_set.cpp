#include "services/retail/invoice_set.hpp"

#include "services/retail/decimal.hpp"

#include <algorithm>

namespace troupe::retail {

namespace {

constexpr std::int64_t millionths_in_a_thousandth = 1000;
constexpr std::int64_t thousandths_in_a_penny = 10;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view prefix_of(std::string_view number) {
  const auto end = std::find_if_not(number.begin(), number.end(), is_letter);
  return number.substr(0, static_cast<std::size_t>(end - number.begin()));
}

settlement skip(skip_reason reason) { return {invoice_kind::skipped, reason, 0}; }

} // namespace

std::string_view name(skip_reason reason) noexcept {
  switch (reason) {
  case skip_reason::none:
    return "none";
  case skip_reason::other_prefix:
    return "other_prefix";
  case skip_reason::amount_not_positive:
    return "amount_not_positive";
  case skip_reason::credit_not_positive:
    return "credit_not_positive";
  case skip_reason::refused_line:
    return "refused_line";
  }
  return "none";
}

settlement settle(const invoice& of) {
  const auto prefix = prefix_of(of.number);
  if (!prefix.empty() && prefix != "C") return skip(skip_reason::other_prefix);
  if (of.has_refused_line) return skip(skip_reason::refused_line);
  const auto pence = divide_half_away(of.amount_thousandths, thousandths_in_a_penny);
  if (prefix == "C") {
    return pence < 0 ? settlement{invoice_kind::credit, skip_reason::none, -pence}
                     : skip(skip_reason::credit_not_positive);
  }
  return pence > 0 ? settlement{invoice_kind::payment, skip_reason::none, pence}
                   : skip(skip_reason::amount_not_positive);
}

invoice& invoice_set::of(std::string_view invoice_no) {
  // Nearly every line belongs to the invoice of the line before.
  if (!invoices_.empty() && invoices_.back().number == invoice_no) return invoices_.back();
  const auto [at, is_new] = positions_.try_emplace(std::string(invoice_no), invoices_.size());
  if (is_new) {
    invoices_.emplace_back();
    invoices_.back().number = invoice_no;
  }
  return invoices_[at->second];
}

std::uint32_t invoice_set::product_position(std::string_view stock_code) {
  const auto [at, is_new] = product_positions_.try_emplace(std::string(stock_code),
                                                           static_cast<std::uint32_t>(product_ids_.size()));
  if (is_new) product_ids_.push_back(at->first);
  return at->second;
}

std::optional<row_problem> invoice_set::add(const invoice_line& line, std::uint64_t file_line) {
  auto& whole = of(line.invoice_no);
  ++whole.lines;
  if (whole.has_refused_line) return std::nullopt; // what it would add to can no longer be settled
  if (whole.lines == 1) whole.customer_id = line.customer_id;
  if (whole.customer_id != line.customer_id) {
    whole.has_refused_line = true;
    return row_problem{file_line, "CustomerID",
                       "the customer of the invoice's first line, " + quoted(whole.customer_id),
                       std::string(line.customer_id)};
  }

  const auto price = divide_half_away(line.price_millionths, millionths_in_a_thousandth);
  std::int64_t amount = 0;
  std::int64_t sum = 0;
  if (__builtin_mul_overflow(price, std::int64_t{line.quantity}, &amount) ||
      __builtin_add_overflow(whole.amount_thousandths, amount, &sum) || sum == INT64_MIN) {
    whole.has_refused_line = true;
    return row_problem{file_line, "UnitPrice", "an invoice amount below 9223372036854775.807",
                       std::to_string(line.quantity) + " x " + std::to_string(price) + " thousandths"};
  }
  whole.amount_thousandths = sum;
  if (line.quantity > 0 && prefix_of(line.invoice_no).empty())
    whole.purchases.push_back({product_position(line.stock_code), line.quantity, whole.lines});
  return std::nullopt;
}

void invoice_set::refuse_line(std::string_view invoice_no) {
  auto& whole = of(invoice_no);
  ++whole.lines;
  whole.has_refused_line = true;
}

} // namespace troupe::retail
