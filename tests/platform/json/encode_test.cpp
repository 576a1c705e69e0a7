#include "platform/json/document.hpp"
#include "platform/json/message.hpp"

#include "sample.pb.h"

#include <catch2/catch.hpp>
#include <google/protobuf/util/message_differencer.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace troupe;

namespace {

std::string text_of(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

} // namespace

TEST_CASE("a message is written compactly, with the fields that have no presence even when they are zero") {
  test::Event event;
  CHECK(json::encode(event) == R"({"id":"","type":"unspecified","quantity":0,"created_at":""})");
  event.set_id("85123A");
  event.set_type(test::EVENT_TYPE_ADD_TO_CART);
  event.set_quantity(-6);
  event.set_created_at("2026-11-22T10:00:00.000000Z");
  CHECK(json::encode(event) ==
        R"({"id":"85123A","type":"add_to_cart","quantity":-6,"created_at":"2026-11-22T10:00:00.000000Z"})");
}

TEST_CASE("a field with presence is written when it is set, and a list always") {
  test::Choice choice;
  CHECK(json::encode(choice) == R"({"enabled":false,"colour":"red"})");
  choice.set_page(0);
  choice.set_number(0);
  CHECK(json::encode(choice) == R"({"number":0,"page":0,"enabled":false,"colour":"red"})");

  test::Batch batch;
  CHECK(json::encode(batch) == R"({"events":[],"levels":[],"tags":[],"types":[],"weights":[],"flags":[]})");
  batch.mutable_last();
  batch.add_levels(1);
  batch.add_levels(-2);
  batch.add_types(test::EVENT_TYPE_VIEW);
  batch.add_weights(0.5);
  batch.add_flags(true);
  batch.add_tags("a\"b");
  batch.add_events()->set_id("x");
  CHECK(json::encode(batch) ==
        R"({"events":[{"id":"x","type":"unspecified","quantity":0,"created_at":""}],)"
        R"("last":{"id":"","type":"unspecified","quantity":0,"created_at":""},)"
        R"("levels":[1,-2],"tags":["a\"b"],"types":["view"],"weights":[0.5],"flags":[true]})");
}

TEST_CASE("fields stand in the order of their numbers") {
  CHECK(json::encode(test::Unordered()) == R"({"first":"","second":"","third":""})");
}

TEST_CASE("what is encoded is appended") {
  std::string out = "data: ";
  json::encode(test::Tree(), out);
  CHECK(out == R"(data: {"more":[]})");
}

TEST_CASE("numbers are written so that they are read back the same") {
  test::Numbers numbers;
  numbers.set_small(std::numeric_limits<std::int32_t>::min());
  numbers.set_large(std::numeric_limits<std::int64_t>::min());
  numbers.set_small_count(std::numeric_limits<std::uint32_t>::max());
  numbers.set_large_count(std::numeric_limits<std::uint64_t>::max());
  numbers.set_small_fixed(7);
  numbers.set_large_signed_fixed(std::numeric_limits<std::int64_t>::max());
  numbers.set_single(0.1F);
  numbers.set_real(GENERATE(0.1, 1e300, 5e-324, -1.0 / 3, 123456789012345680.0));
  numbers.set_from_one(1);
  test::Numbers back;
  const auto done = json::decode(json::encode(numbers), back);
  REQUIRE(done.has_value());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(numbers, back));
}

TEST_CASE("a number that JSON does not have becomes null, and an enumerator without a name its number") {
  test::Numbers numbers;
  numbers.set_real(std::numeric_limits<double>::infinity());
  numbers.set_single(std::numeric_limits<float>::quiet_NaN());
  const auto text = json::encode(numbers);
  CHECK(text.find(R"("single":null,"real":null)") != std::string::npos);

  test::Event event;
  event.set_type(static_cast<test::EventType>(77));
  CHECK(json::encode(event).find(R"("type":77,)") != std::string::npos);
}

TEST_CASE("a message is as deep as decode reads it, and what is deeper is a fault of the program") {
  test::Tree root;
  auto* deepest = &root;
  for (int i = 0; i < 14; ++i) deepest = deepest->mutable_left();
  test::Tree back; // the deepest one's empty list is the sixteenth level
  CHECK(json::decode(json::encode(root), back).has_value());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(root, back));
  deepest->mutable_left();
  CHECK_THROWS_AS(json::encode(root), std::logic_error);
  for (int i = 0; i < 100'000; ++i) deepest = deepest->mutable_left();
  CHECK_THROWS_AS(json::encode(root), std::logic_error);
  while (root.has_left()) { // level by level: the destructor would take as much stack as there are
    std::unique_ptr<test::Tree> below(root.release_left());
    root.Swap(below.get());
  }

  test::Tree wide;
  deepest = &wide;
  for (int i = 0; i < 7; ++i) deepest = deepest->add_more(); // an array and an object each
  CHECK(json::decode(json::encode(wide), back).has_value());
  deepest->add_more();
  CHECK_THROWS_AS(json::encode(wide), std::logic_error);
}

TEST_CASE("a type that JSON cannot carry is a fault of the program") {
  CHECK_THROWS_AS(json::encode(test::Unsupported()), std::logic_error);
}

TEST_CASE("a string is escaped as JSON asks for") {
  CHECK(text_of("") == R"("")");
  CHECK(text_of("plain / text") == R"("plain / text")");
  CHECK(text_of("\"\\\n") == R"("\"\\\n")");
  CHECK(text_of(std::string_view("\0\x01\x1f\x7f\t\r", 6)) == R"("\u0000\u0001\u001f\u007f\u0009\u000d")");
  CHECK(text_of("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters, and the result is always JSON") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(text_of("a\xFF"
                "b") == "\"a" + r + "b\"");
  CHECK(text_of("\xC0\x80") == "\"" + r + r + "\"");
  CHECK(text_of("\xED\xA0\x80") == "\"" + r + r + r + "\"");
  CHECK(text_of("\xF4\x90\x80\x80") == "\"" + r + r + r + r + "\"");
  CHECK(text_of("x\xE2\x82") == "\"x" + r + r + "\"");
  // Every pair of bytes.
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b)};
      const auto document = json::parse(text_of({bytes, 2}));
      if (document.has_error()) FAIL("bytes " << a << " and " << b << ": " << document.error().detail);
    }
  }
}
