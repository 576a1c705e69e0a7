#include "platform/json/rules.hpp"

#include "sample.pb.h"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;

namespace {

const google::protobuf::FieldDescriptor& field(const google::protobuf::Descriptor& type,
                                               const std::string& name) {
  const auto* found = type.FindFieldByName(name);
  REQUIRE(found != nullptr);
  return *found;
}

} // namespace

TEST_CASE("the rules beside a field are read from its descriptor") {
  const auto& id = json::rules_of(field(*test::Event::descriptor(), "id"));
  CHECK(id.required());
  CHECK_FALSE(id.output_only());
  CHECK(id.min_bytes() == 1);
  CHECK(id.max_bytes() == 8);
  CHECK_FALSE(id.has_min());
  CHECK(json::rules_of(field(*test::Event::descriptor(), "created_at")).output_only());

  const auto& bounded = json::rules_of(field(*test::Numbers::descriptor(), "bounded"));
  CHECK(bounded.min() == -5);
  CHECK(bounded.max() == 10);
  const auto& events = json::rules_of(field(*test::Batch::descriptor(), "events"));
  CHECK(events.min_items() == 1);
  CHECK(events.max_items() == 3);
}

TEST_CASE("a field without rules has none") {
  const auto& none = json::rules_of(field(*test::Numbers::descriptor(), "small"));
  CHECK_FALSE(none.required());
  CHECK_FALSE(none.has_min());
  CHECK_FALSE(none.has_max_bytes());
}

TEST_CASE("an enumerator loses the prefix of its type and nothing else") {
  const auto& event = *test::EventType_descriptor();
  CHECK(json::short_name(*event.FindValueByNumber(0)) == "UNSPECIFIED");
  CHECK(json::short_name(*event.FindValueByNumber(2)) == "ADD_TO_CART");
  CHECK(json::lower_name(*event.FindValueByNumber(2)) == "add_to_cart");
  CHECK(json::short_name(*test::Colour_descriptor()->FindValueByNumber(1)) == "GREEN");
}

TEST_CASE("an enumerator is found by its lower-case name alone") {
  const auto& event = *test::EventType_descriptor();
  REQUIRE(json::find_enumerator(event, "view") != nullptr);
  CHECK(json::find_enumerator(event, "view")->number() == 1);
  CHECK(json::find_enumerator(event, "add_to_cart")->number() == 2);
  CHECK(json::find_enumerator(*test::Colour_descriptor(), "red")->number() == 0);
  for (const auto* text :
       {"", "VIEW", "View", "vie", "views", "event_type_view", "EVENT_TYPE_VIEW", "unspecified", "1"}) {
    INFO(text);
    CHECK(json::find_enumerator(event, text) == nullptr);
  }
  CHECK(json::enumerator_list(event) == R"("view", "add_to_cart")");
}

TEST_CASE("fields that JSON cannot carry and rules that do not fit are named") {
  const auto& type = *test::Unsupported::descriptor();
  CHECK(json::unsupported_type(field(type, "raw")) == "bytes cannot be carried in JSON");
  CHECK(json::unsupported_type(field(type, "table")) == "maps cannot be carried in JSON");
  CHECK(json::unsupported_type(field(type, "misplaced_min")).empty());
  CHECK(json::misplaced_rule(field(type, "misplaced_min")) == "min and max are for integers");
  CHECK(json::misplaced_rule(field(type, "misplaced_bytes")) == "min_bytes and max_bytes are for strings");
  CHECK(json::misplaced_rule(field(type, "misplaced_items")) ==
        "min_items and max_items are for repeated fields");
  CHECK(json::misplaced_rule(field(type, "misplaced_amount")) == "amount is for int64");
  CHECK(json::misplaced_rule(field(type, "impossible")) == "a field cannot be both required and output_only");
  CHECK(json::misplaced_rule(field(*test::Batch::descriptor(), "levels")).empty());
}
