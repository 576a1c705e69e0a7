#include "services/stats/top_page.hpp"

#include "platform/json/message.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace troupe::stats {

namespace {

/// Of two lists in order the first ones. Lifetime: that of the lists.
std::vector<const ranked*> first_of(const std::vector<const ranked*>& a, const std::vector<ranked>& b) {
  std::vector<const ranked*> out;
  const auto size = std::min<std::size_t>(a.size() + b.size(), most_items);
  out.reserve(size);
  auto i = a.begin();
  auto j = b.begin();
  while (out.size() < size) {
    const auto is_a = j == b.end() || (i != a.end() && **i < *j);
    out.push_back(is_a ? *i++ : &*j++);
  }
  return out;
}

std::string_view name_of(v1::Metric m) noexcept { return m == v1::METRIC_VIEWS ? "views" : "purchases"; }

std::string_view name_of(v1::Window w) noexcept {
  switch (w) {
  case v1::WINDOW_1M:
    return "1m";
  case v1::WINDOW_1H:
    return "1h";
  default:
    return "all";
  }
}

} // namespace

void top_page::take(const std::vector<top_part>& parts) {
  std::vector<const ranked*> best;
  for (const auto& part : parts) best = first_of(best, *part.items);
  items_.clear();
  ends_.clear();
  for (const auto* item : best) {
    items_ += items_.empty() ? "{\"product_id\":" : ",{\"product_id\":";
    json::append_string(items_, item->product_id);
    items_ += ",\"value\":";
    items_ += std::to_string(item->value);
    items_ += '}';
    ends_.push_back(items_.size());
  }
  lists_.clear();
  for (const auto& part : parts) lists_.push_back(part.items);
}

base::shared_bytes top_page::text(const v1::TopRequest& request, const std::vector<top_part>& parts) {
  const auto is_of = [](const top_part& part, const ranked_list& list) { return part.items == list; };
  if (!std::equal(parts.begin(), parts.end(), lists_.begin(), lists_.end(), is_of)) take(parts);
  std::uint64_t untracked = 0;
  for (const auto& part : parts) untracked += part.untracked;

  const auto count = std::min<std::size_t>(ends_.size(), request.limit());
  scratch_.assign("{\"metric\":\"").append(name_of(request.metric()));
  scratch_.append("\",\"window\":\"").append(name_of(request.window())).append("\",\"items\":[");
  scratch_.append(items_, 0, count > 0 ? ends_[count - 1] : 0);
  scratch_ += ']';
  if (untracked > 0) scratch_.append(",\"untracked\":").append(std::to_string(untracked));
  scratch_ += '}';
  return base::shared_bytes(scratch_);
}

} // namespace troupe::stats
