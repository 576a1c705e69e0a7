#pragma once

#include "rules/v1/rules.pb.h"

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// What the decoder asks about a message type; for this folder only.
namespace troupe::json {

/// One field of a message type, with what holds for it.
struct member {
  const google::protobuf::FieldDescriptor* field = nullptr;
  const google::protobuf::OneofDescriptor* oneof = nullptr; ///< that it is one of; null: none
  const rules::v1::FieldRules* rules = nullptr;             ///< never null
  std::string fault; ///< why JSON cannot carry it, for its programmer; "" when it can
};

/// A message type as the decoder sees it: what the descriptors would say again for every text.
struct shape {
  static constexpr std::size_t most_fields = 128;

  /// Cost: the type's fields, a few lookups each.
  explicit shape(const google::protobuf::Descriptor& type);

  /// The member of this name, or null. Cost: a comparison of sizes a field; one of names when keys come in the
  /// order of the fields, and `next` is where the last key stood.
  [[nodiscard]] const member* find(std::string_view name, std::size_t next) const noexcept;

  std::vector<member> members; ///< by FieldDescriptor::index
  bool has_required = false;
};

/// The shape of a type that was compiled in; worked out once a thread. Lifetime: the thread's.
[[nodiscard]] const shape& shape_of(const google::protobuf::Descriptor& type);

} // namespace troupe::json
