#include "tests/platform/store/opened.hpp"

#include <string>
#include <string_view>

using namespace troupe;
using store::database;
using store::test::has_row;
using store::test::opened;
using store::test::scratch_directory;

namespace {

struct fixture {
  fixture() { REQUIRE(db.add_word_beginnings().has_value()); }

  std::string beginnings(std::string_view text, int characters, std::string_view mark = "<", int most = 1000) {
    auto query = db.prepare("SELECT word_beginnings(?1, ?2, ?3, ?4)");
    REQUIRE(query.has_value());
    REQUIRE(has_row(query->bind_all(text, characters, most, mark)));
    return std::string(query->text_at(0));
  }

  scratch_directory dir;
  database db = opened(dir);
};

} // namespace

TEST_CASE_METHOD(fixture, "A word's beginnings are of one character up to all or the most that are asked for", "[unit]") {
  CHECK(beginnings("heart", 20) == "<h <he <hea <hear <heart");
  CHECK(beginnings("heart", 5) == "<h <he <hea <hear <heart");
  CHECK(beginnings("heart", 2) == "<h <he");
  CHECK(beginnings("heart", 0).empty());
  CHECK(beginnings("heart", -1).empty());
}

TEST_CASE_METHOD(fixture, "The beginnings are of words as the index has them, in their order", "[unit]") {
  CHECK(beginnings("T-Light", 3) == "<t <l <li <lig");
  CHECK(beginnings("Caf\xC3\xA9", 20) == "<c <ca <caf <cafe");
  CHECK(beginnings("", 20).empty());
  CHECK(beginnings(" - ", 20).empty());
}

TEST_CASE_METHOD(fixture, "There are at most so many beginnings, of the first words", "[unit]") {
  CHECK(beginnings("red heart", 2, "<", 4) == "<r <re <h <he");
  CHECK(beginnings("red heart", 2, "<", 3) == "<r <re <h");
  CHECK(beginnings("red heart", 2, "<", 0).empty());
  CHECK(beginnings("red heart", 2, "<", -1).empty());
}

TEST_CASE_METHOD(fixture, "A beginning of several words is there once, and counts once", "[unit]") {
  CHECK(beginnings("heart heat heart", 20, "<", 6) == "<h <he <hea <hear <heart <heat");
}

TEST_CASE_METHOD(fixture, "A beginning ends where a character does, and a mark may be longer than one", "[unit]") {
  const std::string heart = "\xE5\xBF\x83";
  CHECK(beginnings(heart + heart, 20, heart) == heart + heart + " " + heart + heart + heart);
  CHECK(beginnings(heart + heart, 1, {}) == heart);
}

TEST_CASE_METHOD(fixture, "NULL has no beginnings", "[unit]") {
  auto query = db.prepare("SELECT word_beginnings(NULL, 20, 1000, NULL)");
  REQUIRE(has_row(query->bind_all()));
  CHECK(query->text_at(0).empty());
}
