#include "services/payment/model.hpp"

#include "platform/base/escape.hpp"
#include "services/payment/currency.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace troupe::payment {

namespace {

using base::errc;

constexpr std::size_t longest_customer_id = 64;
constexpr std::size_t longest_note = 128;

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

base::result<void> check_customer(std::string_view id) {
  if (id.empty() || id.size() > longest_customer_id)
    return base::fail(errc::invalid_argument, "customer_id: must be 1 to 64 bytes long");
  if (!base::is_utf8(id) || std::any_of(id.begin(), id.end(), is_control))
    return base::fail(errc::invalid_argument, "customer_id: must be UTF-8 without control characters");
  return {};
}

base::result<void> check_amount(std::int64_t amount) {
  if (amount < 1) return base::fail(errc::invalid_argument, "amount_minor: must be at least 1");
  return {};
}

base::result<void> check_currency(std::string_view code) {
  if (is_currency(code)) return {};
  return base::fail(errc::invalid_argument,
                    "currency: must be an ISO 4217 code in use, three capital letters");
}

base::result<void> check_note(std::string_view name, std::string_view text) {
  if (text.size() > longest_note)
    return base::fail(errc::invalid_argument, std::string(name) + ": must be at most 128 bytes long");
  if (!base::is_utf8(text)) return base::fail(errc::invalid_argument, std::string(name) + ": must be UTF-8");
  return {};
}

template <class Request>
base::result<void> check_transfer(const Request& request) {
  if (auto ok = check_customer(request.customer_id()); ok.has_error()) return ok;
  if (auto ok = check_amount(request.amount_minor()); ok.has_error()) return ok;
  if (auto ok = check_currency(request.currency()); ok.has_error()) return ok;
  return check_note("reference", request.reference());
}

/// Writes a JSON object: names are ours and need no escape.
class object_writer {
 public:
  object_writer() { out_.reserve(320); }

  object_writer& text(std::string_view name, std::string_view value) {
    begin(name);
    out_ += '"';
    base::append_json_escaped(out_, value);
    out_ += '"';
    return *this;
  }

  object_writer& number(std::string_view name, std::int64_t value) {
    begin(name);
    char digits[20];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }

  object_writer& number(std::string_view name, wide_sum value) {
    begin(name);
    // At most 39 digits and a sign. Digits of the negative: the smallest value has no positive counterpart.
    char digits[40];
    char* at = digits + sizeof digits;
    const bool below = value < 0;
    auto rest = below ? value : -value;
    do {
      *--at = static_cast<char>('0' - static_cast<int>(rest % 10));
      rest /= 10;
    } while (rest != 0);
    if (below) *--at = '-';
    out_.append(at, digits + sizeof digits);
    return *this;
  }

  object_writer& object(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
    return *this;
  }

  [[nodiscard]] std::string finish() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void begin(std::string_view name) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_ += name;
    out_ += "\":";
  }

  std::string out_;
};

std::string_view status_of(const payment_view& payment) noexcept {
  if (payment.refunded_minor == 0) return "captured";
  return payment.refunded_minor == payment.amount_minor ? "refunded" : "partially_refunded";
}

std::string document(const tally& t) {
  return object_writer().number("count", t.count).number("amount_minor", t.amount_minor).finish();
}

} // namespace

base::result<void> check(const v1::CreatePaymentRequest& request) { return check_transfer(request); }

base::result<void> check(const v1::CreateCreditRequest& request) { return check_transfer(request); }

base::result<void> check(const v1::CreateRefundRequest& request) {
  if (auto ok = check_amount(request.amount_minor()); ok.has_error()) return ok;
  return check_note("reason", request.reason());
}

base::result<void> check(const v1::GetBalanceRequest& request) { return check_currency(request.currency()); }

std::array<posting, 2> postings(operation_kind kind, std::int64_t customer,
                                std::int64_t amount_minor) noexcept {
  switch (kind) {
  case operation_kind::payment:
    return {{{customer, -amount_minor}, {accounts::sales, amount_minor}}};
  case operation_kind::refund:
    return {{{customer, amount_minor}, {accounts::refunds, -amount_minor}}};
  case operation_kind::credit:
    return {{{customer, amount_minor}, {accounts::credits, -amount_minor}}};
  }
  return {};
}

base::result<void> check_refund(std::int64_t amount, std::int64_t refunded, std::int64_t asked) {
  const auto left = amount - refunded;
  if (asked <= left) return {};
  return base::fail(errc::unprocessable, "amount_minor: " + std::to_string(asked) + " is more than the " +
                                             std::to_string(left) + " that is left of the payment");
}

std::string document(const payment_view& payment) {
  return object_writer()
      .text("id", payment.id)
      .text("customer_id", payment.customer_id)
      .number("amount_minor", payment.amount_minor)
      .text("currency", payment.currency)
      .text("reference", payment.reference)
      .text("status", status_of(payment))
      .number("refunded_minor", payment.refunded_minor)
      .text("created_at", payment.created_at)
      .finish();
}

std::string document(const refund_view& refund) {
  return object_writer()
      .text("id", refund.id)
      .text("payment_id", refund.payment_id)
      .number("amount_minor", refund.amount_minor)
      .text("currency", refund.currency)
      .text("reason", refund.reason)
      .text("status", "succeeded")
      .text("created_at", refund.created_at)
      .finish();
}

std::string document(const credit_view& credit) {
  return object_writer()
      .text("id", credit.id)
      .text("customer_id", credit.customer_id)
      .number("amount_minor", credit.amount_minor)
      .text("currency", credit.currency)
      .text("reference", credit.reference)
      .text("status", "issued")
      .text("created_at", credit.created_at)
      .finish();
}

std::string document(std::string_view currency, const balance& b) {
  return object_writer()
      .text("currency", currency)
      .object("payments", document(b.payments))
      .object("refunds", document(b.refunds))
      .object("credits", document(b.credits))
      .number("entries_sum_minor", b.entries_sum_minor)
      .finish();
}

} // namespace troupe::payment
