#include "platform/http/conditional.hpp"

#include "platform/http/date.hpp"

namespace troupe::http {

namespace {

constexpr std::string_view weak_mark = "W/";

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// Takes W/ away; whether it was there.
bool take_weak_mark(std::string_view& tag) noexcept {
  const bool is_weak = tag.starts_with(weak_mark);
  if (is_weak) tag.remove_prefix(weak_mark.size());
  return is_weak;
}

bool list_names(std::string_view list, const representation& current, tag_comparison how) noexcept {
  if (!current.exists) return false;
  if (current.etag.empty()) return trimmed(list) == "*";
  return names_tag(list, current.etag, how);
}

// Whether the representation has changed after the date; nullopt when one of both says nothing.
std::optional<bool> changed_after(std::string_view date, const representation& current, base::unix_micros now) noexcept {
  if (date.empty() || !current.exists || !current.last_modified) return std::nullopt;
  const auto when = parse_date(date, now);
  if (!when) return std::nullopt;
  return *current.last_modified > *when;
}

} // namespace

bool names_tag(std::string_view list, std::string_view tag, tag_comparison how) noexcept {
  list = trimmed(list);
  if (list == "*") return true;
  const bool can_match = !take_weak_mark(tag) || how == tag_comparison::weak;
  while (can_match && !list.empty()) {
    // Empty elements are legal in a list. Source: RFC 9110 section 5.6.1.2.
    if (list.front() == ',' || is_blank(list.front())) {
      list.remove_prefix(1);
      continue;
    }
    const bool is_weak = take_weak_mark(list);
    if (list.empty() || list.front() != '"') return false;
    const auto end = list.find('"', 1); // a tag may hold commas, but no quote
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == tag && (!is_weak || how == tag_comparison::weak)) return true;
    list.remove_prefix(end + 1);
    if (!list.empty() && list.front() != ',' && !is_blank(list.front())) return false;
  }
  return false;
}

preconditions preconditions_of(const request& request) {
  return {.if_match = request.list_field("If-Match"),
          .if_none_match = request.list_field("If-None-Match"),
          .if_modified_since = request.only_field("If-Modified-Since").value_or(std::string_view{}),
          .if_unmodified_since = request.only_field("If-Unmodified-Since").value_or(std::string_view{})};
}

precondition_outcome evaluate(const preconditions& asked, const representation& current, bool is_read,
                              base::unix_micros now) noexcept {
  using outcome = precondition_outcome;
  if (!asked.if_match.empty()) {
    if (!list_names(asked.if_match, current, tag_comparison::strong)) return outcome::failed;
  } else if (changed_after(asked.if_unmodified_since, current, now).value_or(false)) {
    return outcome::failed;
  }
  if (!asked.if_none_match.empty()) {
    if (list_names(asked.if_none_match, current, tag_comparison::weak))
      return is_read ? outcome::not_modified : outcome::failed;
  } else if (is_read && !changed_after(asked.if_modified_since, current, now).value_or(true)) {
    return outcome::not_modified;
  }
  return outcome::holds;
}

bool range_counts(std::string_view if_range, const representation& current, base::unix_micros now) noexcept {
  if_range = trimmed(if_range);
  if (if_range.starts_with('"') || if_range.starts_with(weak_mark))
    return if_range == current.etag && !current.etag.starts_with(weak_mark);
  const auto when = parse_date(if_range, now);
  return when && when == current.last_modified && !current.etag.starts_with(weak_mark);
}

} // namespace troupe::http
