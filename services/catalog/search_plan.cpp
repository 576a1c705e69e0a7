#include "services/catalog/search_plan.hpp"

#include "platform/base/escape.hpp"
#include "services/catalog/model.hpp"
#include "services/catalog/page_token.hpp"

#include <charconv>
#include <vector>

namespace troupe::catalog {

namespace {

using base::errc;

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_utf8_without_nul(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto size = base::utf8_character(text);
    if (size == 0 || text.front() == '\0') return false;
    text.remove_prefix(size);
  }
  return true;
}

/// Outside ASCII the index decides what is a letter: here everything may be part of a term.
bool is_part_of_term(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string_view> terms_of(std::string_view query) {
  std::vector<std::string_view> terms;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= query.size(); ++i) {
    if (i < query.size() && is_part_of_term(query[i])) continue;
    if (i > begin) terms.push_back(query.substr(begin, i - begin));
    begin = i + 1;
  }
  return terms;
}

/// Quoted, because AND, OR, NOT and NEAR are operators otherwise; no term holds a quote.
/// Source: https://www.sqlite.org/fts5.html section 3.
std::string expression_of(const std::vector<std::string_view>& terms) {
  std::string out;
  for (const auto term : terms) {
    if (!out.empty()) out += ' ';
    out += '"';
    out += term;
    out += '"';
  }
  return out + '*';
}

base::result<void> take_position(std::string_view token, search_plan& plan) {
  const auto wrong =
      base::fail(errc::invalid_argument,
                 "page_token: was not given for this query; leave it out to begin with the first page");
  const auto position = page_position(plan.query, token);
  if (!position) return wrong;
  if (plan.kind == search_plan::sort::listing) {
    if (!is_product_id(*position)) return wrong;
    plan.after_id = *position;
    return {};
  }
  const auto* end = position->data() + position->size();
  const auto read = std::from_chars(position->data(), end, plan.offset);
  if (read.ec != std::errc{} || read.ptr != end || plan.offset < 1) return wrong;
  return {};
}

} // namespace

base::result<search_plan> plan_search(const v1::SearchProductsRequest& request) {
  search_plan plan;
  plan.query = trimmed(request.query());
  plan.page_size = request.page_size();
  if (plan.page_size < 1 || plan.page_size > search_limits::page_size) {
    return base::fail(errc::invalid_argument, "page_size: must be 1 to 100");
  }
  if (request.query().size() > search_limits::query_bytes) {
    return base::fail(errc::invalid_argument, "q: must have at most 200 bytes");
  }
  if (!is_utf8_without_nul(plan.query)) {
    return base::fail(errc::invalid_argument, "q: must be UTF-8 without NUL");
  }
  if (!plan.query.empty()) {
    const auto terms = terms_of(plan.query);
    if (terms.size() > search_limits::terms)
      return base::fail(errc::invalid_argument, "q: must have at most 10 words");
    plan.kind = terms.empty() ? search_plan::sort::nothing : search_plan::sort::matching;
    if (!terms.empty()) plan.expression = expression_of(terms);
  }
  if (!request.page_token().empty()) {
    auto taken = take_position(request.page_token(), plan);
    if (taken.has_error()) return taken.error();
  }
  return plan;
}

} // namespace troupe::catalog
