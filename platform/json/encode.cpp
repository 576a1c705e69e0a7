#include "platform/base/escape.hpp"
#include "platform/json/document.hpp"
#include "platform/json/message.hpp"
#include "platform/json/rules.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace troupe::json {

namespace pb = google::protobuf;

namespace {

constexpr std::size_t most_levels = document_limits{}.depth; // of objects and arrays: as many as `decode` reads

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{}; // the shortest form of a double has at most 24 characters
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

template <class Real>
void append_real(std::string& out, Real number) {
  // JSON has no infinity and no NaN.
  if (std::isfinite(number)) {
    append_number(out, number);
  } else {
    out += "null";
  }
}

void append_enumerator(std::string& out, const pb::EnumDescriptor& type, int number) {
  // Enums are open in proto3: a newer peer may have sent a number that has no name here.
  if (const auto* value = type.FindValueByNumber(number)) {
    append_string(out, lower_name(*value));
  } else {
    append_number(out, number);
  }
}

// `level`: how many objects and arrays are open around what is appended.
void append_message(std::string& out, const pb::Message& message, std::size_t level);

void append_single(std::string& out, const pb::Message& m, const pb::FieldDescriptor& f, std::size_t level) {
  using type = pb::FieldDescriptor::CppType;
  const auto& in = *m.GetReflection();
  std::string scratch;
  switch (f.cpp_type()) {
  case type::CPPTYPE_INT32: return append_number(out, in.GetInt32(m, &f));
  case type::CPPTYPE_INT64: return append_number(out, in.GetInt64(m, &f));
  case type::CPPTYPE_UINT32: return append_number(out, in.GetUInt32(m, &f));
  case type::CPPTYPE_UINT64: return append_number(out, in.GetUInt64(m, &f));
  case type::CPPTYPE_DOUBLE: return append_real(out, in.GetDouble(m, &f));
  case type::CPPTYPE_FLOAT: return append_real(out, in.GetFloat(m, &f));
  case type::CPPTYPE_BOOL: out += in.GetBool(m, &f) ? "true" : "false"; return;
  case type::CPPTYPE_ENUM: return append_enumerator(out, *f.enum_type(), in.GetEnumValue(m, &f));
  case type::CPPTYPE_STRING: return append_string(out, in.GetStringReference(m, &f, &scratch));
  case type::CPPTYPE_MESSAGE: return append_message(out, in.GetMessage(m, &f), level);
  }
}

void append_element(std::string& out, const pb::Message& m, const pb::FieldDescriptor& f, int i, std::size_t level) {
  using type = pb::FieldDescriptor::CppType;
  const auto& in = *m.GetReflection();
  std::string scratch;
  switch (f.cpp_type()) {
  case type::CPPTYPE_INT32: return append_number(out, in.GetRepeatedInt32(m, &f, i));
  case type::CPPTYPE_INT64: return append_number(out, in.GetRepeatedInt64(m, &f, i));
  case type::CPPTYPE_UINT32: return append_number(out, in.GetRepeatedUInt32(m, &f, i));
  case type::CPPTYPE_UINT64: return append_number(out, in.GetRepeatedUInt64(m, &f, i));
  case type::CPPTYPE_DOUBLE: return append_real(out, in.GetRepeatedDouble(m, &f, i));
  case type::CPPTYPE_FLOAT: return append_real(out, in.GetRepeatedFloat(m, &f, i));
  case type::CPPTYPE_BOOL: out += in.GetRepeatedBool(m, &f, i) ? "true" : "false"; return;
  case type::CPPTYPE_ENUM: return append_enumerator(out, *f.enum_type(), in.GetRepeatedEnumValue(m, &f, i));
  case type::CPPTYPE_STRING: return append_string(out, in.GetRepeatedStringReference(m, &f, i, &scratch));
  case type::CPPTYPE_MESSAGE: return append_message(out, in.GetRepeatedMessage(m, &f, i), level);
  }
}

void open_level(const pb::Message& message, std::size_t level) {
  if (level == most_levels)
    throw std::logic_error(message.GetTypeName() + ": nests deeper than " + std::to_string(most_levels) + " objects and arrays");
}

void append_array(std::string& out, const pb::Message& message, const pb::FieldDescriptor& field, std::size_t level) {
  open_level(message, level);
  out += '[';
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    append_element(out, message, field, i, level + 1);
  }
  out += ']';
}

void append_member(std::string& out, const pb::Message& message, const pb::FieldDescriptor& field,
                   bool& is_first, std::size_t level) {
  if (const auto why = unsupported_type(field); !why.empty()) {
    throw std::logic_error(field.full_name() + ": " + std::string(why));
  }
  if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) return;
  if (!is_first) out += ',';
  is_first = false;
  out += '"';
  out += field.name();
  out += "\":";
  if (field.is_repeated()) {
    append_array(out, message, field, level);
  } else {
    append_single(out, message, field, level);
  }
}

void append_message(std::string& out, const pb::Message& message, std::size_t level) {
  open_level(message, level);
  const auto& type = *message.GetDescriptor();
  out += '{';
  bool is_first = true;
  const auto before = [](const pb::FieldDescriptor* a, const pb::FieldDescriptor* b) {
    return a->number() < b->number();
  };
  std::vector<const pb::FieldDescriptor*> sorted;
  bool in_order = true;
  for (int i = 1; i < type.field_count(); ++i)
    in_order = in_order && before(type.field(i - 1), type.field(i));
  if (in_order) { // as nearly every message is declared
    for (int i = 0; i < type.field_count(); ++i) append_member(out, message, *type.field(i), is_first, level + 1);
  } else {
    for (int i = 0; i < type.field_count(); ++i) sorted.push_back(type.field(i));
    std::sort(sorted.begin(), sorted.end(), before);
    for (const auto* field : sorted) append_member(out, message, *field, is_first, level + 1);
  }
  out += '}';
}

} // namespace

void encode(const pb::Message& message, std::string& out) { append_message(out, message, 0); }

void append_string(std::string& out, std::string_view text) {
  out += '"';
  base::append_json_escaped(out, text);
  out += '"';
}

} // namespace troupe::json
