#include "platform/store/tokenizer.hpp"

#include "platform/store/fts5.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace troupe::store {

namespace {

int take_word(void* context, int, const char* folded, int size, int, int) {
  auto& out = *static_cast<std::vector<tokenizer::word>*>(context);
  const std::string_view characters(folded, static_cast<std::size_t>(size));
  const auto first_bytes =
      std::count_if(characters.begin(), characters.end(), [](char c) { return (c & 0xC0) != 0x80; });
  try {
    out.push_back({std::string(characters), static_cast<std::size_t>(first_bytes)});
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM; // SQLite is C: nothing is thrown through it
  }
  return SQLITE_OK;
}

} // namespace

base::result<tokenizer> tokenizer::open(database& database) {
  auto* fts = fts5_of(database.connection_);
  if (!fts) return base::fail(base::errc::internal, "this SQLite has no FTS5");
  void* context = nullptr;
  fts5_tokenizer kind{};
  int code = fts->xFindTokenizer(fts, "unicode61", &context, &kind);
  if (code != SQLITE_OK) return database::translate(database.connection_, code);
  std::array<const char*, 2> options{"remove_diacritics", "2"};
  Fts5Tokenizer* made = nullptr;
  code = kind.xCreate(context, options.data(), static_cast<int>(options.size()), &made);
  if (code != SQLITE_OK) return database::translate(database.connection_, code);
  return tokenizer(made, kind.xTokenize, kind.xDelete);
}

tokenizer::tokenizer(tokenizer&& other) noexcept
    : made_(std::exchange(other.made_, nullptr)), tokenize_(other.tokenize_), destroy_(other.destroy_) {}

tokenizer& tokenizer::operator=(tokenizer&& other) noexcept {
  std::swap(made_, other.made_);
  std::swap(tokenize_, other.tokenize_);
  std::swap(destroy_, other.destroy_);
  return *this;
}

tokenizer::~tokenizer() {
  if (made_) destroy_(made_);
}

base::result<std::vector<tokenizer::word>> tokenizer::words(std::string_view text) {
  std::vector<word> out;
  const int code = tokenize_(made_, &out, FTS5_TOKENIZE_QUERY, text.data(), static_cast<int>(text.size()), &take_word);
  if (code != SQLITE_OK) return database::translate(nullptr, code);
  return out;
}

} // namespace troupe::store
