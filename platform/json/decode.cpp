#include "platform/json/document.hpp"
#include "platform/json/message.hpp"
#include "platform/json/rules.hpp"
#include "platform/json/shape.hpp"
#include "platform/json/text.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>
#include <bitset>
#include <cmath>
#include <limits>
#include <utility>

namespace troupe::json {

namespace pb = google::protobuf;

namespace {

using base::errc;
using kind = pb::FieldDescriptor::CppType;
using way = pb::Reflection;
template <class Value>
using setter = void (way::*)(pb::Message*, const pb::FieldDescriptor*, Value) const;

/// What JSON must have for a field, to follow "must be".
std::string expected(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
  case kind::CPPTYPE_MESSAGE: return "an object";
  case kind::CPPTYPE_STRING: return "a string";
  case kind::CPPTYPE_BOOL: return "true or false";
  case kind::CPPTYPE_DOUBLE:
  case kind::CPPTYPE_FLOAT: return "a number";
  case kind::CPPTYPE_ENUM: return "one of " + enumerator_list(*field.enum_type());
  default: return "an integer";
  }
}

/// "1 byte", "3 bytes".
std::string counted(std::uint32_t number, std::string_view what) {
  return std::to_string(number) + ' ' + std::string(what) + (number == 1 ? "" : "s");
}

/// Fills a message while the text is parsed. No document stands in between: what the message does not know is
/// refused when its key is read, before its value takes memory.
class decoder : public handler {
 public:
  static constexpr std::size_t depth = document_limits{}.depth;

  explicit decoder(pb::Message& root) : root_(root) {}

  bool on_object_begin(error_code& ec);
  bool on_object_end(std::size_t, error_code& ec);
  bool on_array_begin(error_code& ec);
  bool on_array_end(std::size_t count, error_code& ec);
  bool on_key(text_view last, std::size_t, error_code& ec);
  bool on_string(text_view last, std::size_t, error_code& ec);
  bool on_int64(std::int64_t number, text_view, error_code& ec) { return integer(number, ec); }
  bool on_uint64(std::uint64_t number, text_view, error_code& ec) { return integer(number, ec); }
  bool on_double(double estimate, text_view digits, error_code& ec);
  bool on_bool(bool value, error_code& ec);
  bool on_null(error_code& ec) { return begin_value(true, ec) && refuse_value("must not be null", ec); }

 private:
  /// An object that is being read.
  struct frame {
    pb::Message* message;
    const pb::Reflection* reflection;
    const shape* type;
    const pb::FieldDescriptor* field;   // of the key that was read last
    const rules::v1::FieldRules* rules; // of that field
    std::size_t next;                   // where the next key's field stands, if they come in order
    bool in_array;
    std::uint32_t items;                  // elements begun in the array that is being read
    std::bitset<shape::most_fields> seen; // by FieldDescriptor::index
  };

  frame& top() { return frames_[open_ - 1]; }
  void open(pb::Message& message);
  kind target() { return open_ > 0 ? top().field->cpp_type() : kind::CPPTYPE_MESSAGE; }

  bool begin_value(bool fits, error_code& ec);
  template <class Integer>
  bool integer(Integer number, error_code& ec);
  template <class Target, class Integer>
  bool bounded(Integer number, setter<Target> set, setter<Target> add, error_code& ec);
  bool real(double number, error_code& ec);

  /// Sets the field, or adds to it when it is repeated.
  template <class Value>
  bool store(Value value, setter<Value> set, setter<Value> add) {
    auto& f = top();
    (f.reflection->*(f.in_array ? add : set))(f.message, f.field, std::move(value));
    return true;
  }

  std::string path() const;
  bool refuse_value(const std::string& what, error_code& ec) {
    return refuse({top().rules->amount() ? errc::unprocessable : errc::invalid_argument, path() + ": " + what}, ec);
  }
  bool refuse_member(std::string_view key, const std::string& what, error_code& ec);

  pb::Message& root_;
  // The parser opens no more than `depth` objects and arrays. Those that are open have been written.
  std::array<frame, depth> frames_;
  std::size_t open_ = 0;
};

/// `events[2].quantity`: where the value stands that is being read.
std::string decoder::path() const {
  std::string out;
  for (std::size_t i = 0; i < open_ && frames_[i].field; ++i) {
    if (i > 0) out += '.';
    out += frames_[i].field->name();
    if (frames_[i].in_array) out += '[' + std::to_string(frames_[i].items - 1) + ']';
  }
  return out;
}

bool decoder::refuse_member(std::string_view key, const std::string& what, error_code& ec) {
  top().field = nullptr; // the path ends at the object, then
  const auto object = path();
  return refuse(
      {errc::invalid_argument, object + (object.empty() ? "" : ".") + std::string(key) + ": " + what}, ec);
}

/// What every value begins with: may it stand here at all, and is it of the kind that fits?
bool decoder::begin_value(bool fits, error_code& ec) {
  if (open_ == 0) return refuse({errc::invalid_argument, "the text must be a JSON object"}, ec);
  auto& f = top();
  if (f.field->is_repeated() && !f.in_array) return refuse_value("must be an array", ec);
  if (f.in_array) {
    if (f.rules->has_max_items() && f.items >= f.rules->max_items()) {
      f.in_array = false; // the array is at fault, not an element
      return refuse_value("must have at most " + counted(f.rules->max_items(), "element"), ec);
    }
    ++f.items;
  }
  return fits || refuse_value("must be " + expected(*f.field), ec);
}

void decoder::open(pb::Message& message) {
  const auto& type = shape_of(*message.GetDescriptor());
  frames_[open_++] = {&message, message.GetReflection(), &type, nullptr, nullptr, 0, false, 0, {}};
}

bool decoder::on_object_begin(error_code& ec) {
  if (open_ == 0) {
    open(root_);
    return true;
  }
  if (!begin_value(target() == kind::CPPTYPE_MESSAGE, ec)) return false;
  const auto& f = top();
  const auto& in = *f.reflection;
  open(f.in_array ? *in.AddMessage(f.message, f.field) : *in.MutableMessage(f.message, f.field));
  return true;
}

bool decoder::on_object_end(std::size_t, error_code& ec) {
  const auto& type = *top().type;
  const auto& seen = top().seen;
  for (std::size_t i = 0; type.has_required && i < type.members.size(); ++i) {
    if (i < seen.size() && seen[i]) continue;
    const auto& m = type.members[i];
    if (m.rules->required()) return refuse_member(m.field->name(), "is required", ec);
  }
  --open_;
  return true;
}

bool decoder::on_array_begin(error_code& ec) {
  if (open_ == 0 || !top().field->is_repeated() || top().in_array) return begin_value(false, ec);
  top().in_array = true;
  top().items = 0;
  return true;
}

bool decoder::on_array_end(std::size_t count, error_code& ec) {
  auto& f = top();
  f.in_array = false;
  if (count >= f.rules->min_items()) return true;
  return refuse_value("must have at least " + counted(f.rules->min_items(), "element"), ec);
}

bool decoder::on_key(text_view last, std::size_t, error_code& ec) {
  const auto key = whole(last);
  auto& f = top();
  const auto* m = f.type->find(key, f.next);
  if (!m) return refuse_member(quoted(key), "is not a field that is known here", ec);
  const auto& field = *m->field;
  if (!m->fault.empty()) return refuse({errc::internal, field.full_name() + ": " + m->fault}, ec);

  const auto index = static_cast<std::size_t>(field.index());
  if (f.seen[index]) return refuse_member(field.name(), "occurs twice", ec);
  if (m->rules->output_only())
    return refuse_member(field.name(), "is set by the server and must be left out", ec);
  if (m->oneof) {
    const auto* other = f.reflection->GetOneofFieldDescriptor(*f.message, m->oneof);
    if (other) return refuse_member(field.name(), "cannot stand beside " + other->name(), ec);
  }
  f.seen.set(index);
  f.next = index + 1;
  f.field = &field;
  f.rules = m->rules;
  return true;
}

bool decoder::on_string(text_view last, std::size_t, error_code& ec) {
  const auto text = whole(last);
  if (target() == kind::CPPTYPE_ENUM) {
    const auto* value = find_enumerator(*top().field->enum_type(), text);
    return begin_value(value != nullptr, ec) &&
           store(value->number(), &way::SetEnumValue, &way::AddEnumValue);
  }
  if (!begin_value(target() == kind::CPPTYPE_STRING, ec)) return false;
  const auto& rules = *top().rules;
  if (text.size() < rules.min_bytes()) {
    return refuse_value("must have at least " + counted(rules.min_bytes(), "byte"), ec);
  }
  if (rules.has_max_bytes() && text.size() > rules.max_bytes()) {
    return refuse_value("must have at most " + counted(rules.max_bytes(), "byte"), ec);
  }
  return store(std::string(text), &way::SetString, &way::AddString);
}

bool decoder::on_bool(bool value, error_code& ec) {
  return begin_value(target() == kind::CPPTYPE_BOOL, ec) && store(value, &way::SetBool, &way::AddBool);
}

template <class Integer>
bool decoder::integer(Integer number, error_code& ec) {
  switch (target()) {
  case kind::CPPTYPE_INT32: return bounded(number, &way::SetInt32, &way::AddInt32, ec);
  case kind::CPPTYPE_INT64: return bounded(number, &way::SetInt64, &way::AddInt64, ec);
  case kind::CPPTYPE_UINT32: return bounded(number, &way::SetUInt32, &way::AddUInt32, ec);
  case kind::CPPTYPE_UINT64: return bounded(number, &way::SetUInt64, &way::AddUInt64, ec);
  case kind::CPPTYPE_DOUBLE:
  case kind::CPPTYPE_FLOAT: return real(static_cast<double>(number), ec);
  default: return begin_value(false, ec);
  }
}

template <class Target, class Integer>
bool decoder::bounded(Integer number, setter<Target> set, setter<Target> add, error_code& ec) {
  if (!begin_value(true, ec)) return false;
  const auto& rules = *top().rules;
  const auto at_least = [&](auto bound) {
    return refuse_value("must be at least " + std::to_string(bound), ec);
  };
  const auto at_most = [&](auto bound) {
    return refuse_value("must be at most " + std::to_string(bound), ec);
  };
  if (rules.has_min() && std::cmp_less(number, rules.min())) return at_least(rules.min());
  if (rules.has_max() && std::cmp_greater(number, rules.max())) return at_most(rules.max());
  using limits = std::numeric_limits<Target>;
  if (std::cmp_less(number, limits::min())) return at_least(limits::min());
  if (std::cmp_greater(number, limits::max())) return at_most(limits::max());
  return store(static_cast<Target>(number), set, add);
}

bool decoder::on_double(double estimate, text_view digits, error_code& ec) {
  const std::string_view text{digits.data(), digits.size()};
  const auto type = target();
  if (type == kind::CPPTYPE_DOUBLE || type == kind::CPPTYPE_FLOAT) return real(to_double(text, estimate), ec);
  const bool is_integer_field = type == kind::CPPTYPE_INT32 || type == kind::CPPTYPE_INT64 ||
                                type == kind::CPPTYPE_UINT32 || type == kind::CPPTYPE_UINT64;
  if (!begin_value(is_integer_field, ec)) return false;
  // Readers differ about what no double holds (RFC 8259 section 6), so it is refused as `parse` refuses it, also as an amount.
  if (std::isinf(to_double(text, estimate))) return refuse({errc::invalid_argument, path() + ": is out of range"}, ec);
  const bool is_integer = text.find_first_of(".eE") == std::string_view::npos;
  return refuse_value(is_integer ? "is out of range" : "must be an integer, without fraction and exponent",
                      ec);
}

bool decoder::real(double number, error_code& ec) {
  if (!begin_value(true, ec)) return false;
  if (target() == kind::CPPTYPE_DOUBLE) {
    if (!std::isfinite(number)) return refuse_value("is out of range", ec);
    return store(number, &way::SetDouble, &way::AddDouble);
  }
  if (std::fabs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
    return refuse_value("is out of range", ec);
  }
  return store(static_cast<float>(number), &way::SetFloat, &way::AddFloat);
}

/// Takes every text that is JSON.
class syntax_check : public handler {
 public:
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key(text_view, std::size_t, error_code&) { return true; }
  bool on_string(text_view, std::size_t, error_code&) { return true; }
  bool on_int64(std::int64_t, text_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, text_view, error_code&) { return true; }
  bool on_double(double, text_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_key_part(text_view, std::size_t, error_code&) { return true; }
  bool on_string_part(text_view, std::size_t, error_code&) { return true; }
};

template <class Handler, class... Arguments>
base::result<void> read(std::string_view text, Arguments&... arguments) {
  boost::json::parse_options options;
  options.max_depth = decoder::depth;
  boost::json::basic_parser<Handler> parser(options, arguments...);
  boost::json::error_code ec;
  const auto used = parser.write_some(false, text.data(), text.size(), ec);
  if (const auto& why = parser.handler().refusal()) return *why;
  if (!ec && used < text.size()) ec = boost::json::error::extra_data;
  if (ec) return explain(ec, text, used, options.max_depth);
  return {};
}

} // namespace

base::result<void> decode(std::string_view text, pb::Message& out) {
  out.Clear();
  const auto done = read<decoder>(text, out);
  // A refused amount says nothing of the text behind it, which may be no JSON.
  if (done.has_error() && done.error().code == errc::unprocessable) {
    if (const auto all = read<syntax_check>(text); all.has_error()) return all;
  }
  return done;
}

} // namespace troupe::json
