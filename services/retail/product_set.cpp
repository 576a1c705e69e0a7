#include "services/retail/product_set.hpp"

#include "platform/base/escape.hpp"
#include "services/retail/decimal.hpp"
#include "services/retail/text.hpp"

#include <algorithm>
#include <string_view>

namespace troupe::retail {

namespace {
constexpr std::int64_t millionths_in_a_penny = 10'000;
constexpr std::size_t max_name_bytes = 256;
constexpr std::size_t max_description_bytes = 4096;
constexpr std::int64_t max_price_minor = 1'000'000'000'000;
constexpr std::int64_t max_stock = 1'000'000'000;

bool is_product_id(std::string_view id) {
  return !id.empty() && id.size() <= max_id_bytes && base::is_utf8(id) && !has_control(id) && id != "." &&
         id != ".." && id.find_first_of("/\\") == std::string_view::npos;
}

bool is_currency(std::string_view code) {
  return code.size() == 3 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

} // namespace

std::optional<row_problem> check_product(const product& one) {
  const auto refuse = [](const char* field, const char* expected, const std::string& found) {
    return row_problem{0, field, expected, found};
  };
  if (!is_product_id(one.id)) return refuse("id", "1 to 64 bytes of printable text without / and \\", one.id);
  if (one.name.empty() || one.name.size() > max_name_bytes || !base::is_utf8(one.name) || has_control(one.name))
    return refuse("name", "1 to 256 bytes of printable text", one.name);
  if (one.description.size() > max_description_bytes || !base::is_utf8(one.description))
    return refuse("description", "at most 4096 bytes of text", one.description);
  if (one.price_minor < 0 || one.price_minor > max_price_minor)
    return refuse("price.amount_minor", "a whole number from 0 to 1000000000000",
                  std::to_string(one.price_minor));
  if (!is_currency(one.currency))
    return refuse("price.currency", "a currency code of three capitals", one.currency);
  if (one.stock < 0 || one.stock > max_stock)
    return refuse("stock", "a whole number from 0 to 1000000000", std::to_string(one.stock));
  return std::nullopt;
}

void product_set::add(const invoice_line& line) {
  const auto [at, is_new] = positions_.try_emplace(std::string(line.stock_code), codes_.size());
  if (is_new) codes_.push_back({at->first, {}, 0});
  auto& facts = codes_[at->second];
  if (!line.description.empty()) facts.name = line.description;
  if (line.price_millionths > 0) facts.price_millionths = line.price_millionths;
}

product to_product(const stock_code_facts& facts) {
  return {facts.code, facts.name, {}, divide_half_away(facts.price_millionths, millionths_in_a_penny),
          "GBP",      0};
}

} // namespace troupe::retail
