#include "tests/platform/store/opened.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace troupe;
using store::database;
using store::statement;
using store::test::has_row;
using store::test::opened;
using store::test::scratch_directory;

namespace {

struct indexed_texts {
  indexed_texts() {
    REQUIRE(db.execute("CREATE VIRTUAL TABLE texts USING fts5(title, body);"
                       "INSERT INTO texts(title, body) VALUES"
                       " ('red', 'a house of wood'), ('blue', 'red and red again'), ('red red', ''),"
                       " ('green', 'a long text in which red stands once among many other words of no use'),"
                       " ('blue house', 'nothing else'), ('wood', 'wood'), ('', 'stone'), ('white', 'paper'), ('black', 'ink'),"
                       " ('grey', 'iron'), ('brown', 'earth'), ('gold', 'ring')") // red is rare, or bm25 gives it hardly any weight
                .has_value());
    REQUIRE(db.add_relevance().has_value());
  }

  /// A value of every row that matches, in the order of the rows.
  std::vector<double> column(const std::string& expression, std::string_view match) {
    auto query = db.prepare("SELECT cast(1e9 * " + expression + " AS INTEGER) FROM texts WHERE texts MATCH ?1 ORDER BY rowid");
    REQUIRE(query.has_value());
    query->bind_all(match);
    std::vector<double> out;
    while (has_row(*query)) out.push_back(static_cast<double>(query->integer_at(0)) / 1e9);
    return out;
  }

  scratch_directory dir;
  database db = opened(dir);
};

} // namespace

TEST_CASE("The relevance of one phrase is its bm25 but for a factor that all rows share", "[unit]") {
  indexed_texts texts;
  for (const std::string weights : {"", ", 10.0", ", 10.0, 0.5"}) {
    const auto ours = texts.column("relevance(texts" + weights + ")", "red");
    const auto theirs = texts.column("bm25(texts" + weights + ")", "red");
    CAPTURE(weights);
    REQUIRE(ours.size() == 4);
    REQUIRE(theirs.size() == 4);
    const auto factor = theirs[0] / ours[0];
    CHECK(ours[0] < 0);
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(theirs[i] == Approx(factor * ours[i]).epsilon(1e-4));
  }
}

TEST_CASE("The relevance of several phrases is the sum of theirs, however rare each is", "[unit]") {
  indexed_texts texts;
  const auto red = texts.column("relevance(texts)", "red");
  const auto house = texts.column("relevance(texts)", "house");
  const auto both = texts.column("relevance(texts)", "red house");
  REQUIRE(both.size() == 1); // the first row
  CHECK(both[0] == Approx(red[0] + house[0]));
}

TEST_CASE("A relevance outside a full-text query is an error and no crash", "[unit]") {
  indexed_texts texts;
  auto made = texts.db.prepare("SELECT relevance(1) FROM texts");
  CHECK((made.has_error() || made->bind_all().step().has_error()));
}
