#include "platform/json/shape.hpp"

#include "platform/json/rules.hpp"

#include <unordered_map>

namespace troupe::json {

namespace pb = google::protobuf;

shape::shape(const pb::Descriptor& type) {
  members.reserve(static_cast<std::size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    const auto& rules = rules_of(field);
    std::string_view fault = unsupported_type(field);
    if (fault.empty()) fault = misplaced_rule(field);
    if (fault.empty() && members.size() >= most_fields) fault = "a message may have 128 fields at most";
    has_required = has_required || rules.required();
    members.push_back({&field, field.real_containing_oneof(), &rules, std::string(fault)});
  }
}

const member* shape::find(std::string_view name, std::size_t next) const noexcept {
  if (next < members.size() && members[next].field->name() == name) return &members[next];
  for (const auto& m : members) {
    if (m.field->name() == name) return &m;
  }
  return nullptr;
}

const shape& shape_of(const pb::Descriptor& type) {
  // Descriptors that were compiled in stay where they are, so an address is a name for ever.
  thread_local std::unordered_map<const pb::Descriptor*, shape> known;
  const auto found = known.find(&type);
  return found != known.end() ? found->second : known.try_emplace(&type, type).first->second;
}

} // namespace troupe::json
