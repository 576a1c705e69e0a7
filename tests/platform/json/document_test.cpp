#include "platform/json/document.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using namespace troupe;
using json::parse;

namespace {

struct refused {
  std::string_view text;
  std::string_view detail;
};

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

} // namespace

TEST_CASE("a document keeps its values and the kinds of its numbers") {
  const auto document = parse(R"( {"a":[1,-2,0.5,true,false,null,"x"],"b":{"c":{}},"":""} )");
  REQUIRE(document.has_value());
  const auto& object = document->as_object();
  const auto& a = object.at("a").as_array();
  REQUIRE(a.size() == 7);
  CHECK(a[0].as_int64() == 1);
  CHECK(a[1].as_int64() == -2);
  CHECK(a[2].as_double() == 0.5);
  CHECK(a[3].as_bool());
  CHECK_FALSE(a[4].as_bool());
  CHECK(a[5].is_null());
  CHECK(a[6].as_string() == "x");
  CHECK(object.at("b").as_object().at("c").as_object().empty());
  CHECK(object.at("").as_string().empty());
}

TEST_CASE("any kind of value may be a whole document") {
  CHECK(parse("0")->as_int64() == 0);
  CHECK(parse("\"\"")->as_string().empty());
  CHECK(parse(" null\r\n")->is_null());
  CHECK(parse("[]")->as_array().empty());
}

TEST_CASE("integers are exact up to the ends of 64 bits") {
  CHECK(parse("9223372036854775807")->as_int64() == std::numeric_limits<std::int64_t>::max());
  CHECK(parse("9223372036854775808")->as_uint64() == std::uint64_t{1} << 63);
  CHECK(parse("18446744073709551615")->as_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(parse("18446744073709551616")->as_double() == 18446744073709551616.0);
  CHECK(parse("-9223372036854775808")->as_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(parse("-9223372036854775809")->as_double() == -9223372036854775808.0);
  CHECK(parse("-0")->as_int64() == 0);
}

TEST_CASE("doubles are rounded exactly and keep their sign") {
  CHECK(std::signbit(parse("-0.0")->as_double()));
  CHECK(parse("0.1")->as_double() == 0.1);
  CHECK(parse("1e2")->as_double() == 100.0);
  CHECK(parse("1E+2")->as_double() == 100.0);
  CHECK(parse("123456789012345678.25e-10")->as_double() == 123456789012345678.25e-10);
  CHECK(parse("1.7976931348623157e308")->as_double() == std::numeric_limits<double>::max());
  CHECK(parse("5e-324")->as_double() == 5e-324);
  CHECK(parse("2.2250738585072011e-308")->as_double() == 2.2250738585072011e-308);
  CHECK(parse("1e-400")->as_double() == 0.0);
}

TEST_CASE("escapes stand for the characters that they name") {
  CHECK(parse(R"("\"\\\/\b\f\n\r\t")")->as_string() == "\"\\/\b\f\n\r\t");
  CHECK(parse(R"("\u0041\u00e9\u20AC\ud83d\ude00")")->as_string() == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(parse(R"("a\u0000b")")->as_string() == std::string_view("a\0b", 3));
  CHECK(parse(R"({"k\u0065y":1})")->as_object().contains("key"));
}

TEST_CASE("a key that occurs twice in one object is refused, however it is written") {
  const auto r = GENERATE(values<refused>({
      {R"({"a":1,"a":1})", R"(not valid JSON at byte 9: the key "a" occurs twice)"},
      {R"({"a":1,"b":2,"\u0061":3})", R"(not valid JSON at byte 20: the key "a" occurs twice)"},
      {R"([{"x":{"":0,"":0}}])", R"(not valid JSON at byte 13: the key "" occurs twice)"},
      {R"({"a":{"b":1},"a":2})", R"(not valid JSON at byte 15: the key "a" occurs twice)"},
  }));
  const auto document = parse(r.text);
  REQUIRE(document.has_error());
  CHECK(document.error().code == base::errc::invalid_argument);
  CHECK(document.error().detail == r.detail);
}

TEST_CASE("the same key may stand in objects beside and inside each other") {
  CHECK(parse(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})").has_value());
}

TEST_CASE("one of very many keys that occurs twice is found") {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  CHECK(parse(text + "\"k5000\":0}").has_value());
  CHECK(parse(text + "\"k4321\":0}").has_error());
}

TEST_CASE("a long key is cut in the error, and not within a character") {
  const std::string key = std::string(63, 'k') + "\xC3\xA9" + std::string(100'000, 'x');
  const auto document = parse("{\"" + key + "\":1,\"" + key + "\":1}");
  REQUIRE(document.has_error());
  CHECK(document.error().detail.ends_with("the key \"" + std::string(63, 'k') + "...\" occurs twice"));
}

TEST_CASE("arrays and objects nest up to the limit and no deeper") {
  CHECK(parse(nested(16)).has_value());
  const auto deeper = parse(nested(17));
  REQUIRE(deeper.has_error());
  CHECK(deeper.error().detail == "not valid JSON at byte 16: arrays and objects nest deeper than 16");
  CHECK(parse(nested(3), {.depth = 3}).has_value());
  CHECK(parse(nested(4), {.depth = 3}).has_error());
  CHECK(parse(R"({"a":{"b":[1]}})", {.depth = 3}).has_value());
  CHECK(parse(R"({"a":{"b":[1]}})", {.depth = 2}).has_error());
  CHECK(parse(nested(64), {.depth = 1000}).has_value());
  CHECK(parse(nested(65), {.depth = 1000}).has_error());
  CHECK(parse(nested(1), {.depth = 0}).has_value());
}

TEST_CASE("a text that nests a million times is refused without using the stack up") {
  CHECK(parse(std::string(1'000'000, '[')).has_error());
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{\"a\":";
  CHECK(parse(objects).has_error());
}

TEST_CASE("what is not JSON is refused with its place") {
  const auto r = GENERATE(values<refused>({
      {"", "not valid JSON at byte 0: the text ends too early"},
      {"  ", "not valid JSON at byte 2: the text ends too early"},
      {"[1,2", "not valid JSON at byte 4: the text ends too early"},
      {"{\"a\"", "not valid JSON at byte 4: the text ends too early"},
      {"\"abc", "not valid JSON at byte 4: the text ends too early"},
      {"tru", "not valid JSON at byte 3: the text ends too early"},
      {"1.", "not valid JSON at byte 2: the text ends too early"},
      {"-", "not valid JSON at byte 1: the text ends too early"},
      {"1e", "not valid JSON at byte 2: the text ends too early"},
      {"[1,]", "not valid JSON at byte 3: this character is not allowed here"},
      {"{\"a\":1,}", "not valid JSON at byte 7: this character is not allowed here"},
      {"{a:1}", "not valid JSON at byte 1: this character is not allowed here"},
      {"{'a':1}", "not valid JSON at byte 1: this character is not allowed here"},
      {"[1 2]", "not valid JSON at byte 3: this character is not allowed here"},
      {"{\"a\" 1}", "not valid JSON at byte 5: this character is not allowed here"},
      {"// c\n1", "not valid JSON at byte 0: this character is not allowed here"},
      {"[1/* c */]", "not valid JSON at byte 2: this character is not allowed here"},
      {"NaN", "not valid JSON at byte 0: this character is not allowed here"},
      {"[Infinity]", "not valid JSON at byte 1: this character is not allowed here"},
      {"-Infinity", "not valid JSON at byte 1: this character is not allowed here"},
      {"+1", "not valid JSON at byte 0: this character is not allowed here"},
      {".5", "not valid JSON at byte 0: this character is not allowed here"},
      {"1.e3", "not valid JSON at byte 2: this character is not allowed here"},
      {"TRUE", "not valid JSON at byte 0: this character is not allowed here"},
      {"1 2", "not valid JSON at byte 2: something follows the value"},
      {"{}}", "not valid JSON at byte 2: something follows the value"},
      {"01", "not valid JSON at byte 1: something follows the value"},
      {"null,", "not valid JSON at byte 4: something follows the value"},
      {"\xEF\xBB\xBF{}", "not valid JSON at byte 0: a byte order mark is not allowed"},
      {"\"a\nb\"", "not valid JSON at byte 2: a control character is not allowed here"},
      {"1e400", "not valid JSON at byte 5: the number is too large"},
      {"[-1e400]", "not valid JSON at byte 7: the number is too large"},
      {"1e99999999999", "not valid JSON at byte 11: the exponent is too large"},
  }));
  INFO(r.text);
  const auto document = parse(r.text);
  REQUIRE(document.has_error());
  CHECK(document.error().code == base::errc::invalid_argument);
  CHECK(document.error().detail == r.detail);
}

TEST_CASE("a NUL byte is neither text nor white space") {
  CHECK(parse(std::string_view("1\0", 2)).has_error());
  CHECK(parse(std::string_view("\0", 1)).has_error());
  CHECK(parse(std::string_view("\"a\0b\"", 5)).has_error());
}

TEST_CASE("half of a surrogate pair is refused") {
  // After a first half the place is that of what follows instead of the second.
  const auto r = GENERATE(values<refused>({
      {R"("\ud800")", "not valid JSON at byte 7: this character is not allowed here"},
      {R"("\udBFF")", "not valid JSON at byte 7: this character is not allowed here"},
      {R"("\ud83dx")", "not valid JSON at byte 7: this character is not allowed here"},
      {R"("\ud83d\n")", "not valid JSON at byte 8: this character is not allowed here"},
      {R"("\udc00")", "not valid JSON at byte 7: a \\u escape is half of a surrogate pair"},
      {R"("\ud83d\ud83d")", "not valid JSON at byte 9: a \\u escape is half of a surrogate pair"},
      {R"("\ud83d\u0041")", "not valid JSON at byte 9: a \\u escape is half of a surrogate pair"},
      {R"({"\ud800":1})", "not valid JSON at byte 8: this character is not allowed here"},
  }));
  INFO(r.text);
  const auto document = parse(r.text);
  REQUIRE(document.has_error());
  CHECK(document.error().detail == r.detail);
}

TEST_CASE("a bad escape is refused") {
  const auto text = GENERATE(as<std::string_view>{}, R"("\x41")", R"("\u12")", R"("\u12g4")", R"("\U0041")",
                             "\"\\", R"("\'")");
  INFO(text);
  CHECK(parse(text).has_error());
}

TEST_CASE("text that is not UTF-8 is refused, in strings and in keys") {
  const auto bytes =
      GENERATE(as<std::string>{}, "\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
               "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82", "ab\xC3(");
  CHECK(parse("\"" + bytes + "\"").has_error());
  CHECK(parse("{\"" + bytes + "\":1}").has_error());
  CHECK(parse(bytes).has_error());
}

TEST_CASE("every prefix of a document is refused, and nothing is read beyond it") {
  const std::string whole = R"({"a":[1,-2.5e1,"\u00e9\ud83d\ude00",null,true],"b":{"c":"x"}})";
  REQUIRE(parse(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string prefix =
        whole.substr(0, size); // a copy of its own, so that a sanitizer sees a byte too many
    CHECK(parse(prefix).has_error());
  }
}
