#pragma once

#include "platform/base/result.hpp"
#include "platform/store/sqlite.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

struct Fts5Tokenizer;

namespace troupe::store {

/// Cuts a text into words exactly as a full-text index made with tokenize='unicode61 remove_diacritics 2'
/// does, so that a query can be counted in words and joined from them.
/// Thread: that of the database it was made for. It must not outlive it.
class tokenizer {
 public:
  struct word {
    std::string text; ///< folded, as it stands in the index; cut again, it is one word that is the same
    std::size_t characters = 0;
  };

  /// Errors: internal when SQLite was built without FTS5; as `database::translate`.
  [[nodiscard]] static base::result<tokenizer> open(database& database);

  tokenizer(tokenizer&& other) noexcept;
  tokenizer& operator=(tokenizer&& other) noexcept;
  ~tokenizer();

  /// The words in their order. The text is at most 2 GB.
  /// Errors: as `database::translate`. Cost: O(text).
  [[nodiscard]] base::result<std::vector<word>> words(std::string_view text);

 private:
  using tokenize = int (*)(Fts5Tokenizer*, void*, int, const char*, int,
                           int (*)(void*, int, const char*, int, int, int));
  using destroy = void (*)(Fts5Tokenizer*);
  tokenizer(Fts5Tokenizer* made, tokenize cut, destroy end) noexcept : made_(made), tokenize_(cut), destroy_(end) {}

  Fts5Tokenizer* made_ = nullptr;
  tokenize tokenize_ = nullptr;
  destroy destroy_ = nullptr;
};

} // namespace troupe::store
