#include "platform/base/escape.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace troupe::base;

namespace {

std::string encoded(std::uint32_t code) {
  std::string out;
  const auto more = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    more(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    more(6);
    more(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    more(12);
    more(6);
    more(0);
  }
  return out;
}

} // namespace

TEST_CASE("every Unicode scalar value is well-formed UTF-8, and no surrogate is") {
  std::vector<std::uint32_t> wrong; // an assertion for each of a million would take seconds
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    const auto text = encoded(code);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    const auto cut_short = std::string_view(text).substr(0, text.size() - 1);
    if (utf8_character(text + "x") != (is_surrogate ? 0 : text.size()) || utf8_character(cut_short) != 0) wrong.push_back(code);
  }
  CHECK(wrong.empty());
}

TEST_CASE("what is not well-formed UTF-8 is no character") {
  const auto text =
      GENERATE(as<std::string>{}, "", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3(", "\xE0\x9F\xBF",
               "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
               "\xFE", "\xFF", "\xE2\x82(", "\xF0\x9F\x98(");
  CHECK(utf8_character(text) == 0);
}

TEST_CASE("a text is UTF-8 when all of it is") {
  for (const std::string_view good :
       {"", "abc", "\xC2\xA3", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    CHECK(is_utf8(good));
  for (const std::string_view bad :
       {"\xA3", "\xC2", "\xC0\x80", "\xED\xA0\x80", "\xE0\x80\x80", "\xF4\x90\x80\x80", "\xF0\x80\x80\x80",
        "\xFF", "ab\xE2\x82", "\xC2\x41"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("text is escaped for a JSON string, behind what is there already") {
  std::string out = "> ";
  append_json_escaped(out, std::string_view("a\"b\\c\n\0\x1F\x7F/", 10));
  CHECK(out == "> a\\\"b\\\\c\\n\\u0000\\u001f\\u007f/");
}

TEST_CASE("each byte that is not UTF-8 becomes a replacement character") {
  std::string out;
  append_json_escaped(out, "x\xFF\xC3\xA9\xE2\x82y\xC0");
  CHECK(out == "x\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBDy\xEF\xBF\xBD");
}
