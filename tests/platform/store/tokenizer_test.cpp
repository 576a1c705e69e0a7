#include "platform/store/tokenizer.hpp"
#include "tests/platform/store/opened.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace troupe;
using store::database;
using store::tokenizer;
using store::test::has_row;
using store::test::opened;
using store::test::scratch_directory;

namespace {

struct cutter {
  std::vector<std::pair<std::string, std::size_t>> words(std::string_view text) {
    auto cut = made.words(text);
    REQUIRE(cut.has_value());
    std::vector<std::pair<std::string, std::size_t>> out;
    for (const auto& word : *cut) out.emplace_back(word.text, word.characters);
    return out;
  }

  scratch_directory dir;
  database db = opened(dir);
  tokenizer made = std::move(*tokenizer::open(db));
};

using words = std::vector<std::pair<std::string, std::size_t>>;

} // namespace

TEST_CASE("Words are what stands between characters that are neither letter nor digit", "[unit]") {
  cutter c;
  CHECK(c.words("T-Light  holder 3").size() == 4);
  CHECK(c.words("T-Light  holder 3") == words{{"t", 1}, {"light", 5}, {"holder", 6}, {"3", 1}});
  CHECK(c.words("a\xE2\x80\x93" "b_c") == words{{"a", 1}, {"b", 1}, {"c", 1}}); // an en dash, an underscore
  CHECK(c.words("").empty());
  CHECK(c.words(" \"*' \xE2\x80\x9C").empty());
}

TEST_CASE("A word is what the index has of it, and counts its characters", "[unit]") {
  cutter c;
  CHECK(c.words("Caf\xC3\xA9") == words{{"cafe", 4}});
  CHECK(c.words("Cafe\xCC\x81") == words{{"cafe", 4}}); // the accent a character of its own
  CHECK(c.words("\xD0\x9C\xD0\x98\xD0\xA0") == words{{"\xD0\xBC\xD0\xB8\xD1\x80", 3}}); // small Cyrillic letters
}

TEST_CASE("A word found in a text is a word of the index", "[unit]") {
  cutter c;
  REQUIRE(c.db.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61 remove_diacritics 2');"
                       "CREATE VIRTUAL TABLE v USING fts5vocab(t, 'instance')")
              .has_value());
  auto insert = c.db.prepare("INSERT INTO t(x) VALUES(?1)");
  auto terms = c.db.prepare("SELECT term FROM v ORDER BY offset");
  for (const std::string text :
       {"plain words", "\xD0\xA1\xD0\xB5\xD1\x80\xD0\xB4\xD1\x86\xD0\xB5 \xE5\xBF\x83 \xCE\xBA\xCE\xB1\xCF\x81\xCE\xB4\xCE\xB9\xCE\xAC",
        "1\xC2\xBD \xC2\xAA\xC2\xB5", "a\xCC\x81\xCC\x82" "b", "\xF0\x9F\x92\x9Bheart\xF0\x9F\x92\x9B", "\xEE\x80\x80private"}) {
    CAPTURE(text);
    REQUIRE(c.db.execute("DELETE FROM t").has_value());
    REQUIRE(insert->bind_all(text).run().has_value());
    const auto cut = c.words(text);
    terms->bind_all();
    for (const auto& [word, characters] : cut) {
      REQUIRE(has_row(*terms));
      CHECK(terms->text_at(0) == word);
      CHECK(c.words(word) == words{{word, characters}});
    }
    CHECK_FALSE(has_row(*terms));
    terms->reset();
  }
}
