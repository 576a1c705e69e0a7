#include "platform/http/accept_encoding.hpp"

#include <algorithm>
#include <optional>

namespace troupe::http {

namespace {

// Takes the text before the next mark away.
std::string_view take_until(std::string_view& rest, char mark) noexcept {
  const auto end = std::min(rest.find(mark), rest.size());
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(taken);
}

// "0.5" is 500; nullopt for what the grammar of qvalue does not know.
std::optional<int> thousandths(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
    return std::nullopt;
  int value = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (c < '0' || c > '9') return std::nullopt;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value > 1000 ? std::nullopt : std::optional(value);
}

struct weights {
  std::optional<int> gzip, identity, any;
};

void read_element(std::string_view element, weights& w) noexcept {
  const auto coding = take_until(element, ';');
  int weight = 1000;
  while (!element.empty()) {
    auto parameter = take_until(element, ';');
    if (!same_field_name(take_until(parameter, '='), "q")) return;
    const auto q = thousandths(trimmed(parameter));
    if (!q) return;
    weight = *q;
  }
  if (same_field_name(coding, "gzip") || same_field_name(coding, "x-gzip")) {
    w.gzip = weight;
  } else if (same_field_name(coding, "identity")) {
    w.identity = weight;
  } else if (coding == "*") {
    w.any = weight;
  }
}

} // namespace

bool accepts_gzip(const request& request) noexcept {
  weights w;
  for (const auto& field : request.fields) {
    if (!same_field_name(field.name, "Accept-Encoding")) continue;
    auto list = field.value;
    while (!list.empty()) read_element(take_until(list, ','), w);
  }
  const auto gzip = w.gzip ? *w.gzip : w.any.value_or(0);
  return gzip > 0 && gzip >= w.identity.value_or(0);
}

} // namespace troupe::http
