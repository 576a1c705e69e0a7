#pragma once

#include "platform/base/result.hpp"

#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace troupe::json {

/// Reads a JSON object into a protobuf message, by its descriptor and the rules beside its fields
/// (proto/rules/v1/rules.proto); its type must have been compiled in. The text is as strict as for `parse`, at
/// most 16 levels deep; what `out` held is forgotten. Keys are the snake_case field names; a key the message
/// does not have, one that is `output_only`, and one that occurs twice are refused with their name; so are a
/// missing `required` field, a second member of a oneof, and every value outside its rule. Rules hold for every
/// element of a repeated field and inside nested messages.
/// Integers must be written as integers (10, not 1e1, 10.0 or "10") and fit their type; 64-bit ones are plain
/// JSON numbers. A number that is too large for a double is refused.
/// Enumerators are written in lower case without the type's prefix (EVENT_TYPE_VIEW of EventType is "view");
/// an UNSPECIFIED one cannot be written. null is refused.
/// Errors: invalid_argument with the path of the field, as in `events[2].quantity: must be at least 1`, or
/// with the byte offset when the text is not JSON; unprocessable, with the path, when the text is JSON and the
/// first thing wrong with it is the value of an `amount`; internal for a fault of the .proto file: a field that is
/// bytes, a map or a group (not supported), a rule that does not fit its field's type.
/// Leaves `out` partly filled on error. Cost: one pass without a document in between, about 60 ns a field.
[[nodiscard]] base::result<void> decode(std::string_view text, google::protobuf::Message& out);

/// Writes a message as a compact JSON object with every singular field without presence, and those with
/// presence that are set, in the order of their numbers; repeated fields always. Enumerators as `decode`
/// reads them, the zero one too ("unspecified"); one without a name here as its number. A double that JSON
/// cannot express becomes null.
/// Throws std::logic_error for a type with bytes, map or group fields, a fault of the .proto file that its
/// first test finds; and for a message that nests deeper than the 16 objects and arrays that `decode` reads.
/// Appends to `out`. Cost: reflection, about 50 ns a field; services keep what they send often.
void encode(const google::protobuf::Message& message, std::string& out);

[[nodiscard]] inline std::string encode(const google::protobuf::Message& message) {
  std::string out;
  encode(message, out);
  return out;
}

/// Appends the text as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view text);

} // namespace troupe::json
