#include "platform/json/rules.hpp"

#include <algorithm>

namespace troupe::json {

namespace pb = google::protobuf;

namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_unspecified(const pb::EnumValueDescriptor& value) {
  return value.number() == 0 && short_name(value) == "UNSPECIFIED";
}

} // namespace

const rules::v1::FieldRules& rules_of(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(rules::v1::field);
}

std::string_view unsupported_type(const pb::FieldDescriptor& field) {
  if (field.type() == pb::FieldDescriptor::TYPE_BYTES) return "bytes cannot be carried in JSON";
  if (field.type() == pb::FieldDescriptor::TYPE_GROUP) return "groups cannot be carried in JSON";
  if (field.is_map()) return "maps cannot be carried in JSON";
  return {};
}

std::string_view misplaced_rule(const pb::FieldDescriptor& field) {
  using type = pb::FieldDescriptor::CppType;
  const auto& rules = rules_of(field);
  const auto kind = field.cpp_type();
  const bool is_number = kind == type::CPPTYPE_INT32 || kind == type::CPPTYPE_INT64 ||
                         kind == type::CPPTYPE_UINT32 || kind == type::CPPTYPE_UINT64;
  if ((rules.has_min() || rules.has_max()) && !is_number) return "min and max are for integers";
  if ((rules.has_min_bytes() || rules.has_max_bytes()) && kind != type::CPPTYPE_STRING) {
    return "min_bytes and max_bytes are for strings";
  }
  if ((rules.has_min_items() || rules.has_max_items()) && !field.is_repeated()) {
    return "min_items and max_items are for repeated fields";
  }
  if (rules.amount() && kind != type::CPPTYPE_INT64) return "amount is for int64";
  if (rules.required() && rules.output_only()) return "a field cannot be both required and output_only";
  return {};
}

std::string_view short_name(const pb::EnumValueDescriptor& value) {
  const std::string_view whole = value.name();
  const std::string_view type = value.type()->name();
  // EVENT_TYPE_ is EventType once underscores and case are ignored.
  std::size_t i = 0;
  for (const char c : type) {
    while (i < whole.size() && whole[i] == '_') ++i;
    if (i == whole.size() || lower(whole[i]) != lower(c)) return whole;
    ++i;
  }
  return i + 1 < whole.size() && whole[i] == '_' ? whole.substr(i + 1) : whole;
}

const pb::EnumValueDescriptor* find_enumerator(const pb::EnumDescriptor& type, std::string_view text) {
  for (int i = 0; i < type.value_count(); ++i) {
    const auto* value = type.value(i);
    const auto candidate = short_name(*value);
    // Compared with the lower-case form alone, so that "VIEW" is not another way to write "view".
    const bool same = std::equal(candidate.begin(), candidate.end(), text.begin(), text.end(),
                                 [](char name, char written) { return lower(name) == written; });
    if (same) return is_unspecified(*value) ? nullptr : value;
  }
  return nullptr;
}

std::string enumerator_list(const pb::EnumDescriptor& type) {
  std::string out;
  for (int i = 0; i < type.value_count(); ++i) {
    if (is_unspecified(*type.value(i))) continue;
    if (!out.empty()) out += ", ";
    out += '"' + lower_name(*type.value(i)) + '"';
  }
  return out;
}

std::string lower_name(const pb::EnumValueDescriptor& value) {
  std::string out(short_name(value));
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

} // namespace troupe::json
