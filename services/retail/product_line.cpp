#include "services/retail/product_line.hpp"

#include "platform/json/document.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

namespace troupe::retail {

namespace {

namespace bj = boost::json;
using problem = std::optional<row_problem>;

enum class need { required, optional };

// A key of an object, and what it is called in messages.
struct member {
  std::string_view key;
  std::string_view path;
  need is = need::required;
};

row_problem refuse(std::string_view path, std::string expected, const bj::value* found) {
  return {0, std::string(path), std::move(expected), found ? bj::serialize(*found) : "nothing"};
}

problem unknown_key(const bj::object& object, std::string_view path,
                    std::initializer_list<std::string_view> known) {
  for (const auto& one : object) {
    if (std::find(known.begin(), known.end(), std::string_view(one.key())) != known.end()) continue;
    std::string list;
    for (const auto key : known) list += (list.empty() ? "" : ", ") + std::string(key);
    return row_problem{0, std::string(path), "only the keys " + list, std::string(one.key())};
  }
  return std::nullopt;
}

problem read_text(const bj::object& from, const member& what, std::string& out) {
  out.clear();
  const auto* value = from.if_contains(what.key);
  if (!value && what.is == need::optional) return std::nullopt;
  const auto* text = value ? value->if_string() : nullptr;
  if (!text) return refuse(what.path, "a string", value);
  out.assign(text->data(), text->size());
  return std::nullopt;
}

problem read_count(const bj::object& from, const member& what, std::int64_t& out) {
  out = 0;
  const auto* value = from.if_contains(what.key);
  if (!value && what.is == need::optional) return std::nullopt;
  const auto* number = value ? value->if_int64() : nullptr;
  if (!number) return refuse(what.path, "a whole number of at most 63 bits", value);
  out = *number;
  return std::nullopt;
}

problem read_price(const bj::object& from, product& out) {
  const auto* value = from.if_contains("price");
  const auto* price = value ? value->if_object() : nullptr;
  if (!price) return refuse("price", R"({"amount_minor":255,"currency":"GBP"})", value);
  if (auto wrong = unknown_key(*price, "price", {"amount_minor", "currency"})) return wrong;
  if (auto wrong = read_count(*price, {"amount_minor", "price.amount_minor"}, out.price_minor)) return wrong;
  return read_text(*price, {"currency", "price.currency"}, out.currency);
}

} // namespace

std::optional<row_problem> parse_product_line(std::string_view text, product& out) {
  const auto document = json::parse(text);
  if (document.has_error())
    return row_problem{
        0, {}, "a JSON object on one line (" + document.error().detail + ")", std::string(text)};
  const auto* object = document->if_object();
  if (!object) return refuse({}, "a JSON object", &*document);
  if (auto wrong = unknown_key(*object, {}, {"id", "name", "description", "price", "stock"})) return wrong;
  if (auto wrong = read_text(*object, {"id", "id"}, out.id)) return wrong;
  if (auto wrong = read_text(*object, {"name", "name"}, out.name)) return wrong;
  if (auto wrong = read_text(*object, {"description", "description", need::optional}, out.description))
    return wrong;
  if (auto wrong = read_price(*object, out)) return wrong;
  if (auto wrong = read_count(*object, {"stock", "stock", need::optional}, out.stock)) return wrong;
  return check_product(out);
}

} // namespace troupe::retail
