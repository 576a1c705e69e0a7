#include "platform/websocket/utf8_check.hpp"

#include "platform/base/escape.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using troupe::websocket::utf8_check;
using namespace std::string_literals;

namespace {

// How many bytes were taken before the check said no; npos when it never did.
std::size_t refused_at(std::string_view text) {
  utf8_check check;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!check.take(text.substr(i, 1))) return i;
  }
  return std::string_view::npos;
}

bool is_text(std::string_view text) {
  utf8_check check;
  return check.take(text) && check.is_complete();
}

const std::string well_formed[] = {
    "", "a", "\0"s, "\x7F", "Hello", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xE0\xBF\xBF", "\xE1\x80\x80", "\xEC\xBF\xBF",
    "\xED\x80\x80", "\xED\x9F\xBF",         // the last character before the surrogates
    "\xEE\x80\x80", "\xEF\xBF\xBD", "\xEF\xBF\xBE", "\xEF\xBF\xBF", // noncharacters are characters all the same
    "\xEF\xBB\xBF",                          // a byte order mark
    "\xF0\x90\x80\x80", "\xF1\x80\x80\x80", "\xF3\xBF\xBF\xBF", "\xF4\x80\x80\x80", "\xF4\x8F\xBF\xBF", // up to the last there is
    "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5", "0123456\xC3\xA9", "01234567\xE2\x82\xAC""01234567\xF0\x9F\x98\x80",
};

// The text and the place of the byte at which no character can begin or go on.
const struct {
  std::string text;
  std::size_t bad;
} malformed[] = {
    {"\x80", 0},                  // a continuation that continues nothing
    {"\xBF", 0},
    {"a\x80", 1},
    {"\xC0\xAF", 0},              // '/' in two bytes
    {"\xC1\xBF", 0},
    {"\xE0\x80\xAF", 1},          // in three
    {"\xE0\x9F\xBF", 1},
    {"\xF0\x80\x80\xAF", 1},      // in four
    {"\xF0\x8F\xBF\xBF", 1},
    {"\xED\xA0\x80", 1},          // the first surrogate
    {"\xED\xBF\xBF", 1},          // the last
    {"\xED\xA0\x81\xED\xB0\x80", 1}, // a pair of them
    {"\xF4\x90\x80\x80", 1},      // U+110000
    {"\xF5\x80\x80\x80", 0},
    {"\xF8\x88\x80\x80\x80", 0},  // five bytes
    {"\xFC\x84\x80\x80\x80\x80", 0},
    {"\xFE", 0},
    {"\xFF", 0},
    {"\xC3(", 1},                 // a character that is cut off by another
    {"\xE2\x82(", 2},
    {"\xF0\x9F\x98(", 3},
    {"\xC3\xC3\xA9", 1},
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80" "edited", 12},
    {"01234567\xFF" "1234567", 8},
    {"0123456701234567012345\x80", 22},
};

} // namespace

TEST_CASE("RFC 3629 4: well-formed text is taken, in one piece and byte by byte") {
  for (const auto& text : well_formed) {
    INFO(text);
    CHECK(is_text(text));
    CHECK(refused_at(text) == std::string_view::npos);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      utf8_check check;
      CHECK(check.take(std::string_view(text).substr(0, cut)));
      CHECK(check.take(std::string_view(text).substr(cut)));
      CHECK(check.is_complete());
    }
  }
}

TEST_CASE("C-83, RFC 3629 3: what is not UTF-8 is refused at the first byte that cannot go on") {
  for (const auto& [text, bad] : malformed) {
    INFO(text);
    CHECK_FALSE(is_text(text));
    CHECK(refused_at(text) == bad);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      utf8_check check;
      CHECK(check.take(std::string_view(text).substr(0, cut)) == (cut <= bad));
    }
  }
}

TEST_CASE("text that ends within a character is not complete, and goes on") {
  for (const std::string text : {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F", "\xF0\x9F\x98"}) {
    utf8_check check;
    CHECK(check.take("Hello, " + text));
    CHECK_FALSE(check.is_complete());
  }
  utf8_check check;
  CHECK(check.take("\xE2"));
  check.reset();
  CHECK(check.take("a"));
}

TEST_CASE("every sequence of up to three bytes is judged as the table of characters says") {
  // Against the other implementation in this tree, which looks at whole characters.
  const auto by_characters = [](std::string_view text) {
    while (!text.empty()) {
      const auto size = troupe::base::utf8_character(text);
      if (size == 0) return false;
      text.remove_prefix(size);
    }
    return true;
  };
  int differences = 0;
  std::string text(3, '\0');
  for (unsigned first = 0x7E; first < 0x100; ++first) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (unsigned third = 0x7E; third < 0x100; ++third) {
        text[0] = static_cast<char>(first);
        text[1] = static_cast<char>(second);
        text[2] = static_cast<char>(third);
        if (is_text(text) != by_characters(text)) ++differences;
      }
    }
  }
  CHECK(differences == 0);
}
