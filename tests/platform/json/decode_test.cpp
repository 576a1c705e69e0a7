#include "platform/json/message.hpp"

#include "sample.pb.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <future>
#include <limits>
#include <string>
#include <string_view>

using namespace troupe;

namespace {

struct refused {
  std::string_view text;
  std::string_view detail;
};

template <class Message>
Message accepted(std::string_view text) {
  Message message;
  const auto done = json::decode(text, message);
  INFO(text);
  INFO((done.has_error() ? done.error().detail : ""));
  REQUIRE(done.has_value());
  return message;
}

template <class Message>
void check_refused(const refused& r, base::errc code = base::errc::invalid_argument) {
  Message message;
  const auto done = json::decode(r.text, message);
  INFO(r.text);
  REQUIRE(done.has_error());
  CHECK(done.error().code == code);
  CHECK(done.error().detail == r.detail);
}

} // namespace

TEST_CASE("every kind of integer is read exactly at the ends of its range") {
  const auto low = accepted<test::Numbers>(
      R"({"small":-2147483648,"large":-9223372036854775808,"small_count":0,"large_count":0,
          "small_zigzag":-2147483648,"large_zigzag":-9223372036854775808,"small_fixed":0,"large_fixed":0,
          "small_signed_fixed":-2147483648,"large_signed_fixed":-9223372036854775808,"bounded":-5,"from_one":1})");
  CHECK(low.small() == std::numeric_limits<std::int32_t>::min());
  CHECK(low.large() == std::numeric_limits<std::int64_t>::min());
  CHECK(low.small_zigzag() == std::numeric_limits<std::int32_t>::min());
  CHECK(low.large_zigzag() == std::numeric_limits<std::int64_t>::min());
  CHECK(low.small_signed_fixed() == std::numeric_limits<std::int32_t>::min());
  CHECK(low.large_signed_fixed() == std::numeric_limits<std::int64_t>::min());
  CHECK(low.bounded() == -5);

  const auto high = accepted<test::Numbers>(
      R"({"small":2147483647,"large":9223372036854775807,"small_count":4294967295,"large_count":18446744073709551615,
          "small_zigzag":2147483647,"large_zigzag":9223372036854775807,"small_fixed":4294967295,
          "large_fixed":18446744073709551615,"small_signed_fixed":2147483647,
          "large_signed_fixed":9223372036854775807,"bounded":10,"from_one":18446744073709551615})");
  CHECK(high.small() == std::numeric_limits<std::int32_t>::max());
  CHECK(high.large() == std::numeric_limits<std::int64_t>::max());
  CHECK(high.small_count() == std::numeric_limits<std::uint32_t>::max());
  CHECK(high.large_count() == std::numeric_limits<std::uint64_t>::max());
  CHECK(high.small_fixed() == std::numeric_limits<std::uint32_t>::max());
  CHECK(high.large_fixed() == std::numeric_limits<std::uint64_t>::max());
  CHECK(high.large_signed_fixed() == std::numeric_limits<std::int64_t>::max());
  CHECK(high.from_one() == std::numeric_limits<std::uint64_t>::max());
  CHECK(accepted<test::Numbers>(R"({"small":-0,"small_count":-0})").small() == 0);
}

TEST_CASE("an integer outside its type or its rule is refused with the bound") {
  const auto r = GENERATE(values<refused>({
      {R"({"small":2147483648})", "small: must be at most 2147483647"},
      {R"({"small":-2147483649})", "small: must be at least -2147483648"},
      {R"({"small":18446744073709551615})", "small: must be at most 2147483647"},
      {R"({"large":9223372036854775808})", "large: must be at most 9223372036854775807"},
      {R"({"large":-9223372036854775809})", "large: is out of range"},
      {R"({"large_count":18446744073709551616})", "large_count: is out of range"},
      {R"({"large_count":-1})", "large_count: must be at least 0"},
      {R"({"small_count":4294967296})", "small_count: must be at most 4294967295"},
      {R"({"small_count":-9223372036854775808})", "small_count: must be at least 0"},
      {R"({"small_fixed":4294967296})", "small_fixed: must be at most 4294967295"},
      {R"({"small_signed_fixed":2147483648})", "small_signed_fixed: must be at most 2147483647"},
      {R"({"bounded":11})", "bounded: must be at most 10"},
      {R"({"bounded":-6})", "bounded: must be at least -5"},
      {R"({"bounded":99999999999})", "bounded: must be at most 10"},
      {R"({"from_one":0})", "from_one: must be at least 1"},
      {R"({"from_one":-1})", "from_one: must be at least 1"},
  }));
  check_refused<test::Numbers>(r);
}

TEST_CASE("an integer must be written as an integer") {
  const auto r = GENERATE(values<refused>({
      {R"({"small":1e2})", "small: must be an integer, without fraction and exponent"},
      {R"({"small":10.0})", "small: must be an integer, without fraction and exponent"},
      {R"({"large":1E0})", "large: must be an integer, without fraction and exponent"},
      {R"({"large_count":-0.0})", "large_count: must be an integer, without fraction and exponent"},
      {R"({"small":"10"})", "small: must be an integer"},
      {R"({"small":true})", "small: must be an integer"},
      {R"({"small":null})", "small: must not be null"},
      {R"({"small":[1]})", "small: must be an integer"},
      {R"({"small":{}})", "small: must be an integer"},
  }));
  check_refused<test::Numbers>(r);
}

TEST_CASE("C-55: in a JSON text an amount that is no whole number within its bounds is unprocessable") {
  CHECK(accepted<test::Money>(R"({"amount_minor":9007199254740993,"parts":[0,1]})").amount_minor() == 9007199254740993);
  const auto r = GENERATE(values<refused>({
      {R"({"amount_minor":1e2})", "amount_minor: must be an integer, without fraction and exponent"},
      {R"({"amount_minor":0.1})", "amount_minor: must be an integer, without fraction and exponent"},
      {R"({"amount_minor":1.0,"amount_minor":1})", "amount_minor: must be an integer, without fraction and exponent"},
      {R"({"amount_minor":0})", "amount_minor: must be at least 1"},
      {R"({"amount_minor":-1})", "amount_minor: must be at least 1"},
      {R"({"amount_minor":9223372036854775808})", "amount_minor: must be at most 9223372036854775807"},
      {R"({"amount_minor":100000000000000000000000000000})", "amount_minor: is out of range"},
      {R"({"amount_minor":"10"})", "amount_minor: must be an integer"},
      {R"({"amount_minor":null})", "amount_minor: must not be null"},
      {R"({"amount_minor":[{"a":1}]})", "amount_minor: must be an integer"},
      {R"({"amount_minor":{"a":[1]}})", "amount_minor: must be an integer"},
      {R"({"parts":[1,-1]})", "parts[1]: must be at least 0"},
      {R"({"parts":[1,1,1]})", "parts: must have at most 2 elements"},
      {R"({"parts":1})", "parts: must be an array"},
      {R"({"rest":{"amount_minor":true}})", "rest.amount_minor: must be an integer"},
  }));
  check_refused<test::Money>(r, base::errc::unprocessable);
}

TEST_CASE("C-54, C-55: a text that is not JSON behind an amount is refused as such, and so is what no double holds") {
  const auto r = GENERATE(values<refused>({
      {R"({"amount_minor":0.1)", "not valid JSON at byte 19: the text ends too early"},
      {R"({"amount_minor":0.1,})", "not valid JSON at byte 20: this character is not allowed here"},
      {R"({"amount_minor":"10"} x)", "not valid JSON at byte 22: something follows the value"},
      {R"({"amount_minor":-1,"note":NaN})", "not valid JSON at byte 26: this character is not allowed here"},
      {"{\"amount_minor\":-1,\"note\":\"\xFF\"}", "not valid JSON at byte 27: it is not UTF-8"},
      {R"({"amount_minor":1e400})", "amount_minor: is out of range"},
      {R"({"amount_minor":-1e400})", "amount_minor: is out of range"},
      {R"({"note":1,"amount_minor":0.1})", "note: must be a string"},
  }));
  check_refused<test::Money>(r);
}

TEST_CASE("doubles and floats are read from any number that they can hold") {
  const auto numbers = accepted<test::Numbers>(R"({"real":0.1,"single":0.5})");
  CHECK(numbers.real() == 0.1);
  CHECK(numbers.single() == 0.5F);
  CHECK(accepted<test::Numbers>(R"({"real":1e2})").real() == 100.0);
  CHECK(accepted<test::Numbers>(R"({"real":7})").real() == 7.0);
  CHECK(accepted<test::Numbers>(R"({"real":18446744073709551615})").real() == 18446744073709551615.0);
  CHECK(accepted<test::Numbers>(R"({"real":-0.0})").real() == 0.0);
  CHECK(std::signbit(accepted<test::Numbers>(R"({"real":-0.0})").real()));
  CHECK(accepted<test::Numbers>(R"({"single":3.4028234663852886e38})").single() ==
        std::numeric_limits<float>::max());

  check_refused<test::Numbers>({R"({"real":1e400})", "real: is out of range"});
  check_refused<test::Numbers>({R"({"single":3.5e38})", "single: is out of range"});
  check_refused<test::Numbers>({R"({"single":-1e300})", "single: is out of range"});
  check_refused<test::Numbers>({R"({"real":"1"})", "real: must be a number"});
}

TEST_CASE("strings, booleans and enumerators are read, and only as themselves") {
  const auto choice =
      accepted<test::Choice>(R"({"product_id":"a\u00e9\ud83d\ude00","enabled":true,"colour":"green"})");
  CHECK(choice.product_id() == "a\xC3\xA9\xF0\x9F\x98\x80");
  CHECK(choice.enabled());
  CHECK(choice.colour() == test::GREEN);
  CHECK(accepted<test::Choice>(R"({"product_id":"a\u0000b"})").product_id() == std::string("a\0b", 3));

  check_refused<test::Choice>({R"({"product_id":1})", "product_id: must be a string"});
  check_refused<test::Choice>({R"({"product_id":null})", "product_id: must not be null"});
  check_refused<test::Choice>({R"({"enabled":1})", "enabled: must be true or false"});
  check_refused<test::Choice>({R"({"enabled":"true"})", "enabled: must be true or false"});
  check_refused<test::Choice>({R"({"enabled":0.5})", "enabled: must be true or false"});
  check_refused<test::Choice>({R"({"colour":1})", R"(colour: must be one of "red", "green")"});
  check_refused<test::Choice>({R"({"colour":"GREEN"})", R"(colour: must be one of "red", "green")"});
  check_refused<test::Choice>({R"({"colour":1.5})", R"(colour: must be one of "red", "green")"});
  check_refused<test::Choice>({R"({"colour":{}})", R"(colour: must be one of "red", "green")"});
}

TEST_CASE("nested and repeated messages are filled") {
  const auto batch = accepted<test::Batch>(
      R"({"events":[{"id":"a","type":"view","quantity":1},{"id":"b","type":"add_to_cart"}],
          "last":{"type":"view","id":"z"},"levels":[0,9],"tags":["ab","abcd"],"types":["view","view"],
          "weights":[1,0.5],"flags":[true,false]})");
  REQUIRE(batch.events_size() == 2);
  CHECK(batch.events(0).quantity() == 1);
  CHECK(batch.events(1).type() == test::EVENT_TYPE_ADD_TO_CART);
  CHECK(batch.last().id() == "z");
  CHECK(batch.levels(1) == 9);
  CHECK(batch.tags(1) == "abcd");
  CHECK(batch.types_size() == 2);
  CHECK(batch.weights(0) == 1.0);
  CHECK_FALSE(batch.flags(1));
}

TEST_CASE("an error in a list or in a nested message carries the path") {
  const auto r = GENERATE(values<refused>({
      {R"({})", "events: is required"},
      {R"({"events":[]})", "events: must have at least 1 element"},
      {R"({"events":{}})", "events: must be an array"},
      {R"({"events":null})", "events: must be an array"},
      {R"({"events":[null]})", "events[0]: must not be null"},
      {R"({"events":[1]})", "events[0]: must be an object"},
      {R"({"events":[[]]})", "events[0]: must be an object"},
      {R"({"events":[{}]})", "events[0].id: is required"},
      {R"({"events":[{"id":"a"}]})", "events[0].type: is required"},
      {R"({"events":[{"id":"a","type":"view"},{"id":"b","type":"view","quantity":0}]})",
       "events[1].quantity: must be at least 1"},
      {R"({"events":[{"id":"a","type":"buy"}]})", R"(events[0].type: must be one of "view", "add_to_cart")"},
      {R"({"events":[{"id":"a","type":"unspecified"}]})",
       R"(events[0].type: must be one of "view", "add_to_cart")"},
      {R"({"events":[{"id":"","type":"view"}]})", "events[0].id: must have at least 1 byte"},
      {R"({"events":[{"id":"123456789","type":"view"}]})", "events[0].id: must have at most 8 bytes"},
      {R"({"events":[{"id":"a","type":"view","created_at":"now"}]})",
       "events[0].created_at: is set by the server and must be left out"},
      {R"({"events":[{"id":"a","kind":"view"}]})", R"(events[0]."kind": is not a field that is known here)"},
      {R"({"events":[{"id":"a","id":"a"}]})", "events[0].id: occurs twice"},
      {R"({"last":{"id":"a","type":1}})", R"(last.type: must be one of "view", "add_to_cart")"},
      {R"({"last":[]})", "last: must be an object"},
      {R"({"last":{"\u0069d":"a","id":"b"}})", "last.id: occurs twice"},
      {R"({"levels":3})", "levels: must be an array"},
      {R"({"levels":[1,2,10]})", "levels[2]: must be at most 9"},
      {R"({"levels":[1,[2]]})", "levels[1]: must be an integer"},
      {R"({"levels":[1,2.0]})", "levels[1]: must be an integer, without fraction and exponent"},
      {R"({"tags":["ab","a"]})", "tags[1]: must have at least 2 bytes"},
      {R"({"tags":[""]})", "tags[0]: must have at least 2 bytes"},
      {R"({"tags":["abcde"]})", "tags[0]: must have at most 4 bytes"},
      {R"({"flags":[true,0]})", "flags[1]: must be true or false"},
      {R"({"types":["view",""]})", R"(types[1]: must be one of "view", "add_to_cart")"},
      {R"({"events":[{"id":"a","type":"view"}],"events":[]})", "events: occurs twice"},
  }));
  check_refused<test::Batch>(r);
}

TEST_CASE("a list that is too long is refused at the first element too many") {
  const std::string event = R"({"id":"a","type":"view"},)";
  std::string text = R"({"events":[)";
  for (int i = 0; i < 1000; ++i) text += event;
  text += "]}"; // the comma before it would be refused later
  check_refused<test::Batch>({text, "events: must have at most 3 elements"});
}

TEST_CASE("bytes of a string are counted, not characters") {
  // Two characters of four bytes each fit into max_bytes: 8; one more byte does not.
  accepted<test::Event>("{\"id\":\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\",\"type\":\"view\"}");
  check_refused<test::Event>(
      {"{\"id\":\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80.\",\"type\":\"view\"}", "id: must have at most 8 bytes"});
}

TEST_CASE("a key that the message does not have is refused with its name, cut when it is long") {
  check_refused<test::Event>({R"({"ID":"a"})", R"("ID": is not a field that is known here)"});
  check_refused<test::Event>({R"({"":1})", R"("": is not a field that is known here)"});
  check_refused<test::Event>({R"({"created_At":1})", R"("created_At": is not a field that is known here)"});
  check_refused<test::Batch>(
      {R"({"last":{"deep":{"er":[1]}}})", R"(last."deep": is not a field that is known here)"});
  const std::string text = "{\"" + std::string(100'000, 'k') + "\":1}";
  check_refused<test::Event>(
      {text, "\"" + std::string(64, 'k') + "...\": is not a field that is known here"});
}

TEST_CASE("the fields of an object come in any order, on any thread") {
  const auto read = [] {
    test::Choice message;
    const bool good =
        json::decode(R"({"event":{"type":"view","id":"a"}})", message).has_value() && message.event().id() == "a";
    test::Batch batch;
    return good && json::decode(R"({"last":{"id":"b","type":"view"},"events":[{"type":"view","id":"c"}]})", batch)
                       .has_value() &&
           batch.last().id() == "b" && batch.events(0).id() == "c";
  };
  CHECK(read());
  CHECK(std::async(std::launch::async, read).get());
  CHECK(read());
}

TEST_CASE("of a oneof only one member may be given") {
  CHECK(accepted<test::Choice>(R"({"number":0})").target_case() == test::Choice::kNumber);
  CHECK(accepted<test::Choice>(R"({"event":{"id":"a","type":"view"}})").event().id() == "a");
  CHECK(accepted<test::Choice>("{}").target_case() == test::Choice::TARGET_NOT_SET);
  check_refused<test::Choice>({R"({"product_id":"","number":1})", "number: cannot stand beside product_id"});
  check_refused<test::Choice>({R"({"number":0,"page":1,"event":{}})", "event: cannot stand beside number"});
}

TEST_CASE("an optional field that is given has presence, even with its zero") {
  CHECK_FALSE(accepted<test::Choice>("{}").has_page());
  const auto given = accepted<test::Choice>(R"({"page":0})");
  CHECK(given.has_page());
  CHECK(given.page() == 0);
}

TEST_CASE("what the message held before is forgotten") {
  test::Choice message;
  message.set_page(3);
  message.set_number(7);
  REQUIRE(json::decode(R"({"product_id":"x"})", message).has_value());
  CHECK_FALSE(message.has_page());
  CHECK(message.product_id() == "x");
}

TEST_CASE("a text that is no object is refused") {
  const auto text = GENERATE(as<std::string_view>{}, "[]", "[{}]", "1", "1.5", "18446744073709551615",
                             "\"a\"", "true", "null", " false");
  check_refused<test::Choice>({text, "the text must be a JSON object"});
}

TEST_CASE("a text that is not JSON is refused with its place") {
  const auto r = GENERATE(values<refused>({
      {"", "not valid JSON at byte 0: the text ends too early"},
      {"{", "not valid JSON at byte 1: the text ends too early"},
      {R"({"page":1)", "not valid JSON at byte 9: the text ends too early"},
      {R"({"page":1,})", "not valid JSON at byte 10: this character is not allowed here"},
      {R"({"page":NaN})", "not valid JSON at byte 8: this character is not allowed here"},
      {R"({"page":1}x)", "not valid JSON at byte 10: something follows the value"},
      {R"({"page":1} {})", "not valid JSON at byte 11: something follows the value"},
      {"\xEF\xBB\xBF{}", "not valid JSON at byte 0: a byte order mark is not allowed"},
      {R"({"product_id":"\udc00"})", "not valid JSON at byte 21: a \\u escape is half of a surrogate pair"},
      {"{\"product_id\":\"\xFF\"}", "not valid JSON at byte 15: it is not UTF-8"},
  }));
  check_refused<test::Choice>(r);
}

TEST_CASE("C-57: messages nest as deep as documents and no deeper") {
  const auto tree = [](int depth) {
    std::string text;
    for (int i = 1; i < depth; ++i) text += R"({"left":)";
    return text + "{}" + std::string(static_cast<std::size_t>(depth - 1), '}');
  };
  accepted<test::Tree>(tree(16));
  check_refused<test::Tree>({tree(17), "not valid JSON at byte 128: arrays and objects nest deeper than 16"});
  std::string lists;
  for (int i = 0; i < 500'000; ++i) lists += R"({"more":[)";
  check_refused<test::Tree>({lists, "not valid JSON at byte 72: arrays and objects nest deeper than 16"});
}

TEST_CASE("a fault of the .proto file is internal, and names the field") {
  struct row {
    std::string_view text;
    std::string_view detail;
  };
  const auto r = GENERATE(values<row>({
      {R"({"raw":"AA=="})", "troupe.test.Unsupported.raw: bytes cannot be carried in JSON"},
      {R"({"table":{}})", "troupe.test.Unsupported.table: maps cannot be carried in JSON"},
      {R"({"misplaced_min":"a"})", "troupe.test.Unsupported.misplaced_min: min and max are for integers"},
      {R"({"misplaced_bytes":1})",
       "troupe.test.Unsupported.misplaced_bytes: min_bytes and max_bytes are for strings"},
      {R"({"misplaced_amount":1})", "troupe.test.Unsupported.misplaced_amount: amount is for int64"},
  }));
  test::Unsupported message;
  const auto done = json::decode(r.text, message);
  REQUIRE(done.has_error());
  CHECK(done.error() == base::error{base::errc::internal, std::string(r.detail)});
}
