#include "platform/store/fts5.hpp"
#include "platform/store/sqlite.hpp"

#include <memory>
#include <new>
#include <vector>

namespace troupe::store {

namespace {

/// What is the same for every row of one query.
struct scale {
  double mean_words = 1; // of a row
  std::vector<double> weights;

  double of(int column) const noexcept {
    const auto i = static_cast<std::size_t>(column);
    return i < weights.size() ? weights[i] : 1.0;
  }
};

void give_back(void* kept) { delete static_cast<scale*>(kept); }

int make_scale(const Fts5ExtensionApi* api, Fts5Context* fts, int count, sqlite3_value** values, scale*& out) {
  auto made = std::make_unique<scale>();
  for (int i = 0; i < count; ++i) made->weights.push_back(::sqlite3_value_double(values[i]));
  sqlite3_int64 rows = 0;
  sqlite3_int64 words = 0;
  if (const int code = api->xRowCount(fts, &rows); code != SQLITE_OK) return code;
  if (const int code = api->xColumnTotalSize(fts, -1, &words); code != SQLITE_OK) return code;
  if (rows > 0 && words > 0) made->mean_words = static_cast<double>(words) / static_cast<double>(rows);
  out = made.release();
  return api->xSetAuxdata(fts, out, &give_back); // gives it back when it fails
}

/// The sum of the weights of the columns in which a phrase stands in the row, once for each time.
int frequency(const Fts5ExtensionApi* api, Fts5Context* fts, int phrase, const scale& by, double& out) {
  Fts5PhraseIter at{};
  int column = 0;
  int offset = 0;
  int code = api->xPhraseFirst(fts, phrase, &at, &column, &offset);
  for (; code == SQLITE_OK && column >= 0; api->xPhraseNext(fts, &at, &column, &offset)) out += by.of(column);
  return code;
}

// BM25 with k1 and b as they are usual, and no weight for how rare a phrase is.
// Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), section 3.4.
int score(const Fts5ExtensionApi* api, Fts5Context* fts, int count, sqlite3_value** values, double& out) {
  constexpr double k1 = 1.2;
  constexpr double b = 0.75;
  auto* by = static_cast<scale*>(api->xGetAuxdata(fts, 0));
  if (!by) {
    if (const int code = make_scale(api, fts, count, values, by); code != SQLITE_OK) return code;
  }
  int words = 0;
  if (const int code = api->xColumnSize(fts, -1, &words); code != SQLITE_OK) return code;
  const double saturation = k1 * (1 - b + b * words / by->mean_words);
  for (int phrase = 0; phrase < api->xPhraseCount(fts); ++phrase) {
    double times = 0;
    if (const int code = frequency(api, fts, phrase, *by, times); code != SQLITE_OK) return code;
    out -= times * (k1 + 1) / (times + saturation);
  }
  return SQLITE_OK;
}

void relevance(const Fts5ExtensionApi* api, Fts5Context* fts, sqlite3_context* result, int count,
               sqlite3_value** values) {
  double out = 0;
  int code = SQLITE_NOMEM;
  try {
    code = score(api, fts, count, values, out);
  } catch (const std::bad_alloc&) { // SQLite is C: nothing is thrown through it
  }
  if (code == SQLITE_OK) {
    ::sqlite3_result_double(result, out);
  } else {
    ::sqlite3_result_error_code(result, code);
  }
}

} // namespace

base::result<void> database::add_relevance() {
  auto* fts = fts5_of(connection_);
  if (!fts) return base::fail(base::errc::internal, "this SQLite has no FTS5");
  const int code = fts->xCreateFunction(fts, "relevance", nullptr, &relevance, nullptr);
  if (code != SQLITE_OK) return translate(connection_, code);
  return {};
}

} // namespace troupe::store
