#include "services/catalog/entity_tag.hpp"

namespace troupe::catalog {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace

bool names_tag(std::string_view list, std::string_view tag, tag_comparison how) noexcept {
  list = trimmed(list);
  if (list == "*") return true;
  while (!list.empty()) {
    // Empty elements are legal in a list. Source: RFC 9110 section 5.6.1.2.
    if (list.front() == ',' || list.front() == ' ' || list.front() == '\t') {
      list.remove_prefix(1);
      continue;
    }
    const bool is_weak = list.substr(0, 2) == "W/";
    if (is_weak) list.remove_prefix(2);
    if (list.empty() || list.front() != '"') return false;
    const auto end = list.find('"', 1); // a tag may hold commas, but no quote
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == tag && (!is_weak || how == tag_comparison::weak)) return true;
    list.remove_prefix(end + 1);
    if (!list.empty() && list.front() != ',' && list.front() != ' ' && list.front() != '\t') return false;
  }
  return false;
}

} // namespace troupe::catalog
