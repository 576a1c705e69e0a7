#include "platform/store/sqlite.hpp"
#include "platform/store/tokenizer.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::store {

namespace {

void give_back(void* kept) { delete static_cast<tokenizer*>(kept); }

/// Throws std::bad_alloc when SQLite has no memory for it.
std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(::sqlite3_value_text(value));
  if (text) return {text, static_cast<std::size_t>(::sqlite3_value_bytes(value))};
  if (::sqlite3_value_type(value) != SQLITE_NULL) throw std::bad_alloc();
  return {};
}

bool begins_character(char byte) noexcept { return (byte & 0xC0) != 0x80; }

class beginnings {
 public:
  beginnings(std::int64_t characters, std::int64_t most, std::string_view mark)
      : characters_(characters), most_(most), mark_(mark) {}

  /// The word's text must live as long as this.
  void add(std::string_view word) {
    std::int64_t characters = 0;
    for (std::size_t end = 1; end <= word.size() && characters < characters_; ++end) {
      if (end < word.size() && !begins_character(word[end])) continue;
      ++characters;
      append(word.substr(0, end));
    }
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void append(std::string_view beginning) {
    if (static_cast<std::int64_t>(taken_.size()) >= most_ || !taken_.insert(beginning).second) return;
    if (!text_.empty()) text_ += ' ';
    text_ += mark_;
    text_ += beginning;
  }

  std::int64_t characters_;
  std::int64_t most_;
  std::string_view mark_;
  std::set<std::string_view> taken_;
  std::string text_;
};

// SQLite is C: nothing is thrown through it.
void word_beginnings(sqlite3_context* result, int, sqlite3_value** values) noexcept {
  try {
    const auto words = static_cast<tokenizer*>(::sqlite3_user_data(result))->words(text_of(values[0]));
    if (words.has_error()) return ::sqlite3_result_error(result, "the text was not cut into words", -1);
    beginnings found(::sqlite3_value_int64(values[1]), ::sqlite3_value_int64(values[2]), text_of(values[3]));
    for (const auto& word : *words) found.add(word.text);
    ::sqlite3_result_text64(result, found.text().data(), found.text().size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) {
    ::sqlite3_result_error_nomem(result);
  }
}

} // namespace

base::result<void> database::add_word_beginnings() {
  auto cutter = tokenizer::open(*this);
  if (cutter.has_error()) return cutter.error();
  constexpr int parameters = 4;
  // It gives the tokenizer back when it fails, too.
  const int code = ::sqlite3_create_function_v2(connection_, "word_beginnings", parameters, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                                new tokenizer(std::move(*cutter)), &word_beginnings, nullptr, nullptr, &give_back);
  if (code != SQLITE_OK) return translate(connection_, code);
  return {};
}

} // namespace troupe::store
