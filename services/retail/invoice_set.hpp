#pragma once

#include "platform/base/map_by_text.hpp"
#include "services/retail/invoice_line.hpp"
#include "services/retail/row_report.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::retail {

/// A line of an invoice by which something was bought.
struct purchase {
  std::uint32_t product = 0; ///< position in invoice_set::product_ids()
  std::int32_t quantity = 0; ///< >= 1
  std::uint32_t line = 0;    ///< within the invoice, from 1
};

/// The lines of one InvoiceNo put together.
struct invoice {
  std::string number;
  std::string customer_id;             ///< empty: unknown
  std::int64_t amount_thousandths = 0; ///< of a pound; sum of the lines
  std::uint32_t lines = 0;
  bool has_refused_line = false; ///< a row of it was refused: its amount is not known
  std::vector<purchase>
      purchases; ///< lines with Quantity > 0, in file order; none when the number has a prefix
};

enum class invoice_kind { payment, credit, skipped };

/// Why an invoice is neither a payment nor a credit.
enum class skip_reason { none, other_prefix, amount_not_positive, credit_not_positive, refused_line };
inline constexpr std::size_t skip_reasons = 5;

/// The reason in snake_case; static storage.
[[nodiscard]] std::string_view name(skip_reason reason) noexcept;

/// What an invoice is for the ledger.
struct settlement {
  invoice_kind kind = invoice_kind::skipped;
  skip_reason reason = skip_reason::none; ///< none unless skipped
  std::int64_t amount_minor = 0;          ///< pence, >= 1 for payments and credits, else 0
};

/// Sorts an invoice by the letters its number begins with and its amount, rounded half away from zero to
/// pence (DESIGN.md section 10). One with a refused line is skipped whole: a part of its amount would be a
/// wrong amount.
[[nodiscard]] settlement settle(const invoice& of);

/// Groups invoice lines by InvoiceNo; the lines of an invoice need not stand together.
/// Memory: about 250 bytes an invoice and 12 bytes a line.
class invoice_set {
 public:
  /// Adds a line, or says why it cannot be part of its invoice: another customer than on the first line, or
  /// an amount outside 64 bits. The invoice then counts as one with a refused line, and later lines of it are
  /// only counted. `file_line` goes into the problem.
  [[nodiscard]] std::optional<row_problem> add(const invoice_line& line, std::uint64_t file_line);

  /// Notes that a row of this invoice was refused before it became a line.
  void refuse_line(std::string_view invoice_no);

  /// In the order of their first line.
  [[nodiscard]] const std::vector<invoice>& invoices() const noexcept { return invoices_; }

  /// The stock codes that purchases point to.
  [[nodiscard]] const std::vector<std::string>& product_ids() const noexcept { return product_ids_; }

 private:
  invoice& of(std::string_view invoice_no);
  std::uint32_t product_position(std::string_view stock_code);

  std::vector<invoice> invoices_;
  base::map_by_text<std::size_t> positions_;
  std::vector<std::string> product_ids_;
  base::map_by_text<std::uint32_t> product_positions_;
};

} // namespace troupe::retail
