#pragma once

#include "platform/base/map_by_text.hpp"
#include "services/retail/invoice_line.hpp"
#include "services/retail/row_report.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::retail {

/// A product for the catalogue.
struct product {
  std::string id;
  std::string name;
  std::string description;
  std::int64_t price_minor = 0; ///< >= 0, in the currency's minor unit
  std::string currency;         ///< ISO 4217, three capitals
  std::int64_t stock = 0;       ///< >= 0

  friend bool operator==(const product&, const product&) = default;
};

/// Whether the catalogue can hold the product (proto/catalog/v1/catalog.proto): what was expected of which
/// field, if not. Bounds: id 1..64 bytes of printable text without / and \, neither "." nor ".."; name 1..256
/// bytes without control characters; description at most 4,096 bytes; price 0..10^12; currency three
/// capitals; stock 0..10^9; text in UTF-8.
[[nodiscard]] std::optional<row_problem> check_product(const product& one);

/// What the invoice lines say about one stock code.
struct stock_code_facts {
  std::string code;
  std::string name;                  ///< last Description that is not empty; empty: none had one
  std::int64_t price_millionths = 0; ///< last UnitPrice above 0; 0: none was
};

/// Gathers the products of a shop from its invoice lines (DESIGN.md section 10). Codes are compared byte by
/// byte: 85123a and 85123A are two products. Memory: about 200 bytes a code.
class product_set {
 public:
  void add(const invoice_line& line);

  /// The codes in the order of their first line.
  [[nodiscard]] const std::vector<stock_code_facts>& codes() const noexcept { return codes_; }

 private:
  std::vector<stock_code_facts> codes_;
  base::map_by_text<std::size_t> positions_;
};

/// The product of a code that has a name and a price: description empty, stock 0, the price rounded half away
/// from zero to pence.
[[nodiscard]] product to_product(const stock_code_facts& facts);

} // namespace troupe::retail
