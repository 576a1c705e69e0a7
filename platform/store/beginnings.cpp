#include "platform/store/sqlite.hpp"
#include "platform/store/tokenizer.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::store {

namespace {

void give_back(void* kept) { delete static_cast<tokenizer*>(kept); }

std::string_view text_of(sqlite3_value* value) noexcept {
  const auto* text = reinterpret_cast<const char*>(::sqlite3_value_text(value));
  return text ? std::string_view(text, static_cast<std::size_t>(::sqlite3_value_bytes(value))) : std::string_view{};
}

bool begins_character(char byte) noexcept { return (byte & 0xC0) != 0x80; }

/// Appends those of one word, and takes them off what is left.
void append_beginnings(std::string& out, std::string_view word, std::int64_t most_characters, std::string_view mark,
                       std::int64_t& left) {
  std::int64_t characters = 0;
  for (std::size_t end = 1; end <= word.size() && characters < most_characters && left > 0; ++end) {
    if (end < word.size() && !begins_character(word[end])) continue;
    ++characters;
    --left;
    if (!out.empty()) out += ' ';
    out += mark;
    out += word.substr(0, end);
  }
}

// SQLite is C: nothing is thrown through it.
void word_beginnings(sqlite3_context* result, int, sqlite3_value** values) noexcept {
  try {
    const auto words = static_cast<tokenizer*>(::sqlite3_user_data(result))->words(text_of(values[0]));
    if (words.has_error()) return ::sqlite3_result_error(result, "the text was not cut into words", -1);
    const auto most_characters = ::sqlite3_value_int64(values[1]);
    auto left = static_cast<std::int64_t>(::sqlite3_value_int64(values[2]));
    const auto mark = text_of(values[3]);
    std::string out;
    for (const auto& word : *words) append_beginnings(out, word.text, most_characters, mark, left);
    ::sqlite3_result_text64(result, out.data(), out.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::bad_alloc&) {
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
