#include "services/catalog/search_plan.hpp"

#include "platform/base/escape.hpp"
#include "services/catalog/model.hpp"
#include "services/catalog/page_token.hpp"

#include <charconv>
#include <optional>

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

/// The number that a text begins with, which is cut off it.
std::optional<std::int64_t> take_number(std::string_view& text) noexcept {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

base::result<void> take_position(std::string_view token, search_plan& plan) {
  const auto wrong =
      base::fail(errc::invalid_argument,
                 "page_token: was not given for this query; leave it out to begin with the first page");
  const auto position = page_position(plan.query, token);
  if (!position) return wrong;
  if (plan.query.empty()) {
    if (!is_product_id(*position)) return wrong;
    plan.after_id = *position;
    return {};
  }
  std::string_view left = *position;
  const auto number = take_number(left);
  if (!number || !left.starts_with('.')) return wrong;
  left.remove_prefix(1);
  const auto offset = take_number(left);
  if (!offset || !left.empty() || *offset >= search_limits::ranked) return wrong;
  plan.after_number = *number;
  plan.offset = *offset;
  return {};
}

} // namespace

std::string matches_position(std::int64_t after_number, std::int64_t offset) {
  return std::to_string(after_number) + '.' + std::to_string(offset);
}

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
  if (!request.page_token().empty()) {
    auto taken = take_position(request.page_token(), plan);
    if (taken.has_error()) return taken.error();
  }
  return plan;
}

} // namespace troupe::catalog
