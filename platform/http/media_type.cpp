#include "platform/http/media_type.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <utility>

namespace troupe::http {

namespace {

constexpr std::size_t most_table_bytes = 4 * 1024 * 1024;
constexpr content_type unknown = "application/octet-stream";

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> built_in{{
    {"html", "text/html"},        {"htm", "text/html"},        {"css", "text/css"},
    {"js", "text/javascript"},    {"mjs", "text/javascript"},  {"txt", "text/plain"},
    {"csv", "text/csv"},          {"md", "text/markdown"},     {"xml", "application/xml"},
    {"json", "application/json"}, {"pdf", "application/pdf"},  {"wasm", "application/wasm"},
    {"svg", "image/svg+xml"},     {"png", "image/png"},        {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},       {"gif", "image/gif"},        {"webp", "image/webp"},
    {"avif", "image/avif"},       {"ico", "image/vnd.microsoft.icon"},
    {"woff", "font/woff"},        {"woff2", "font/woff2"},     {"mp4", "video/mp4"},
    {"gz", "application/gzip"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_word(std::string_view text, std::string_view marks) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || marks.find(c) != std::string_view::npos;
  });
}

// "type/subtype", each of the characters that registered names have. Source: RFC 6838 section 4.2.
bool is_media_type(std::string_view text) noexcept {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && is_word(text.substr(0, slash), "!#$&-^_.+") &&
         is_word(text.substr(slash + 1), "!#$&-^_.+");
}

std::string with_charset(std::string_view type) {
  std::string out(type);
  if (out.starts_with("text/")) out += "; charset=utf-8";
  return out;
}

std::string_view take_word(std::string_view& line) noexcept {
  const auto first = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(first);
  const auto word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

} // namespace

media_types::media_types() {
  for (const auto& [ending, type] : built_in) types_.emplace(ending, with_charset(type));
}

void media_types::add(std::string_view table) {
  std::set<std::string, std::less<>> seen;
  while (!table.empty()) {
    auto line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    line = line.substr(0, line.find('#'));
    const auto type = take_word(line);
    if (!is_media_type(type)) continue;
    for (auto ending = take_word(line); !ending.empty(); ending = take_word(line)) {
      auto name = lower(ending);
      if (is_word(name, "-_+~") && seen.insert(name).second) types_.insert_or_assign(std::move(name), with_charset(type));
    }
  }
}

media_types media_types::load(const std::string& file) {
  media_types types;
  std::ifstream in(file, std::ios::binary);
  std::string table;
  std::array<char, 65536> bytes{};
  while (table.size() <= most_table_bytes && (in.read(bytes.data(), bytes.size()), in.gcount() > 0))
    table.append(bytes.data(), static_cast<std::size_t>(in.gcount()));
  if (table.size() <= most_table_bytes) types.add(table);
  return types;
}

content_type media_types::of(std::string_view file_name) const {
  const auto slash = file_name.rfind('/');
  if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return unknown;
  const auto ending = file_name.substr(dot + 1);
  auto found = types_.find(ending);
  if (found == types_.end()) found = types_.find(lower(ending));
  return found == types_.end() ? unknown : content_type::checked(found->second).value_or(unknown);
}

bool is_compressible(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 6> others{"application/json",       "application/xml",
                                                          "application/javascript", "application/wasm",
                                                          "application/jsonl",      "application/x-ndjson"};
  auto type = text.substr(0, text.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::find(others.begin(), others.end(), type) != others.end();
}

} // namespace troupe::http
