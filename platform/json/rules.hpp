#pragma once

#include "rules/v1/rules.pb.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

// How a field of a message may look in JSON; for this folder only.
namespace troupe::json {

/// The rules beside a field (proto/rules/v1/rules.proto); empty ones when it has none. Lifetime: the
/// program's.
[[nodiscard]] const rules::v1::FieldRules& rules_of(const google::protobuf::FieldDescriptor& field);

/// Why JSON cannot carry a field of this type (bytes, map, group), for its programmer; "" when it can.
[[nodiscard]] std::string_view unsupported_type(const google::protobuf::FieldDescriptor& field);

/// Why a rule beside the field does not fit its type, and would be ignored, for its programmer; "" when all
/// fit.
[[nodiscard]] std::string_view misplaced_rule(const google::protobuf::FieldDescriptor& field);

/// The enumerator's name without its type's prefix: "VIEW" for EVENT_TYPE_VIEW of EventType; the whole name
/// when it does not begin with it. Lifetime: the program's. Cost: O(name).
[[nodiscard]] std::string_view short_name(const google::protobuf::EnumValueDescriptor& value);

/// The enumerator that is written like this in JSON, or nullptr. The "unspecified" one (number 0) cannot be
/// written: leaving the field out says it. Cost: O(enumerators).
[[nodiscard]] const google::protobuf::EnumValueDescriptor*
find_enumerator(const google::protobuf::EnumDescriptor& type, std::string_view text);

/// `"view", "purchase"`: what may be written, in the order of the declaration.
[[nodiscard]] std::string enumerator_list(const google::protobuf::EnumDescriptor& type);

/// An enumerator's short name in lower case, as JSON has it.
[[nodiscard]] std::string lower_name(const google::protobuf::EnumValueDescriptor& value);

} // namespace troupe::json
