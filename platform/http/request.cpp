#include "platform/http/request.hpp"

#include "platform/http/target.hpp"

#include <algorithm>

namespace troupe::http {

namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The parser refuses a query with a bad escape; one that gets here by another way stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  if (!decode_query_text(text, out)) out = text;
  return out;
}

} // namespace

std::string_view name(method m) noexcept {
  static constexpr std::array<std::string_view, method_count> names{
      "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", ""};
  const auto index = static_cast<std::size_t>(m);
  return index < names.size() ? names[index] : std::string_view{};
}

bool same_field_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<std::string_view> request::field(std::string_view wanted) const noexcept {
  for (const auto& f : fields) {
    if (same_field_name(f.name, wanted)) return f.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> request::only_field(std::string_view wanted) const noexcept {
  std::optional<std::string_view> only;
  for (const auto& f : fields) {
    if (!same_field_name(f.name, wanted)) continue;
    if (only) return std::nullopt;
    only = f.value;
  }
  return only;
}

std::string request::list_field(std::string_view wanted) const {
  std::string list;
  bool is_there = false;
  for (const auto& f : fields) {
    if (!same_field_name(f.name, wanted)) continue;
    if (is_there) list += ", ";
    list += f.value;
    is_there = true;
  }
  if (is_there && list.empty()) list = ",";
  return list;
}

std::string_view request::parameter(std::string_view wanted) const noexcept {
  for (std::size_t i = 0; i < std::min(parameters.count, path_parameters::limit); ++i) {
    if (parameters.names[i] == wanted) return parameters.values[i];
  }
  return {};
}

std::optional<std::string> request::query_parameter(std::string_view wanted) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const auto name_text = pair.substr(0, pair.find('='));
    // Most names carry no escape: those are compared without being decoded.
    const bool is_plain = name_text.find_first_of("%+") == std::string_view::npos;
    if (is_plain ? name_text != wanted : decoded(name_text) != wanted) continue;
    return name_text.size() == pair.size() ? std::string() : decoded(pair.substr(name_text.size() + 1));
  }
  return std::nullopt;
}

} // namespace troupe::http
