#include "tests/platform/http/corpus.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace troupe::http::test {

namespace {

[[noreturn]] void fail(std::string_view what) { throw std::runtime_error(std::string(what)); }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Takes the number from the front.
std::size_t take_number(std::string_view& text, int base) {
  std::size_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number, base).ptr;
  if (end == text.data()) fail("a number is missing");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// "*N}" ends a repetition.
bool ends_repetition(std::string_view text) {
  if (!text.starts_with('*')) return false;
  const auto end = text.find_first_not_of("0123456789", 1);
  return end != 1 && end != std::string_view::npos && text[end] == '}';
}

std::string unescape(std::string_view& text, const std::string& inside, bool repeated);

std::string unescape_one(std::string_view& text, const std::string& inside) {
  const char c = text.empty() ? ' ' : text.front();
  text.remove_prefix(1);
  switch (c) {
  case 'r': return "\r";
  case 'n': return "\n";
  case 't': return "\t";
  case '0': return std::string(1, '\0');
  case '\\': return "\\";
  case '@': return inside;
  case 'x': {
    auto digits = text.substr(0, 2);
    text.remove_prefix(2);
    return std::string(1, static_cast<char>(take_number(digits, 16)));
  }
  case '{': {
    const auto once = unescape(text, inside, true);
    text.remove_prefix(1);
    std::string all;
    for (auto n = take_number(text, 10); n > 0; --n) all += once;
    text.remove_prefix(1);
    return all;
  }
  default: fail("an escape that is not known");
  }
}

std::string unescape(std::string_view& text, const std::string& inside, bool repeated) {
  std::string out;
  while (!text.empty() && !(repeated && ends_repetition(text))) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      out += unescape_one(text, inside);
    } else {
      out += c;
    }
  }
  if (repeated && text.empty()) fail("a repetition does not end");
  return out;
}

std::string bytes_of(std::string_view text, const std::string& inside = {}) { return unescape(text, inside, false); }

void read_outcome(std::string_view text, corpus_case& c) {
  static constexpr std::array<std::uint16_t, 7> refusals{400, 413, 414, 417, 431, 501, 505};
  bool is_said = false;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    is_said = word == "open" || word == "close" || word == "wait";
    if (word == "close") c.ending = corpus_case::ending::close;
    if (word == "wait") c.ending = corpus_case::ending::wait;
    if (is_said) continue;
    std::string_view digits = word;
    c.statuses.push_back(static_cast<std::uint16_t>(take_number(digits, 10)));
  }
  if (is_said || c.statuses.empty()) return;
  c.is_refused = std::find(refusals.begin(), refusals.end(), c.statuses.back()) != refusals.end();
  if (c.is_refused) c.ending = corpus_case::ending::close;
}

/// The table that is being read.
struct table {
  std::string title, frame = "\\@";
  bool only_server = false;
};

void read_case(std::string_view line, const table& in, std::string& raw, corpus_case& c) {
  std::array<std::string_view, 4> columns;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto bar = line.find('|');
    if (bar == std::string_view::npos) fail("a case has four columns");
    columns[i] = trimmed(line.substr(0, bar));
    line.remove_prefix(bar + 1);
  }
  raw = trimmed(line);
  c.title = std::string(columns[0]) + ", " + in.title + ": " + std::string(columns[2]);
  read_outcome(columns[1], c);
}

} // namespace

std::vector<corpus_case> load_corpus(const std::filesystem::path& file) {
  std::ifstream input(file);
  if (!input) fail("cannot read " + file.string());
  std::vector<corpus_case> cases;
  table in;
  std::string raw; // of the last case
  const auto finish = [&] {
    if (!cases.empty() && cases.back().bytes.empty() && !in.only_server) cases.back().bytes = bytes_of(in.frame, bytes_of(raw));
  };
  std::size_t number = 0;
  try {
    for (std::string line; std::getline(input, line);) {
      ++number;
      const std::string_view text = trimmed(line);
      if (text.empty() || line.starts_with('#')) continue;
      if (text.starts_with("== ")) {
        finish();
        in = {std::string(text.substr(3))};
      } else if (line.starts_with("frame ")) {
        in.frame = trimmed(text.substr(6));
      } else if (text == "only server") {
        in.only_server = true;
      } else if (in.only_server) {
        continue;
      } else if (line.starts_with(' ') && text.starts_with('+')) {
        raw += trimmed(text.substr(1));
      } else if (line.starts_with(' ') && text.starts_with('=')) {
        const auto check = trimmed(text.substr(1));
        const auto name = check.substr(0, check.find(' '));
        cases.back().checks.emplace_back(name, bytes_of(trimmed(check.substr(name.size()))));
      } else {
        finish();
        read_case(line, in, raw, cases.emplace_back());
      }
    }
    finish();
  } catch (const std::exception& e) {
    throw std::runtime_error(file.filename().string() + ":" + std::to_string(number) + ": " + e.what());
  }
  return cases;
}

} // namespace troupe::http::test
