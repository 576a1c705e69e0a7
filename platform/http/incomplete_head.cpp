#include "platform/http/incomplete_head.hpp"

#include <algorithm>

namespace troupe::http {

namespace {

constexpr std::string_view line_end = "\r\n";

constexpr bool is_token_byte(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_number(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "METHOD target HTTP/1.1": the third part.
std::string_view version_of(std::string_view line) noexcept {
  for (int i = 0; i < 2; ++i) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
  }
  return line;
}

// Whether a request line is well formed but for the number of its version.
bool names_another_version(std::string_view version) noexcept {
  if (!version.starts_with("HTTP/")) return false;
  version.remove_prefix(5);
  const auto dot = version.find('.');
  return dot != std::string_view::npos && is_number(version.substr(0, dot)) && is_number(version.substr(dot + 1));
}

bool holds_line_end(std::string_view text, std::size_t from) noexcept {
  return text.find('\r', from) != std::string_view::npos || text.find('\n', from) != std::string_view::npos;
}

refusal method_fault(std::string_view line, const limits& limits) noexcept {
  if (line.starts_with(' ')) return {400, "the method is missing"};
  for (std::size_t i = 0; i < line.size() && line[i] != ' '; ++i) {
    if (!is_token_byte(line[i])) return {400, "this is not an HTTP request"};
    if (i == limits.method_bytes) return {501, "the method is too long to be one"};
  }
  return {};
}

} // namespace

bool skip_empty_lines(std::string_view& bytes, const limits& limits) noexcept {
  for (std::size_t skipped = 0; bytes.starts_with(line_end); ++skipped) {
    if (skipped == limits.empty_lines) return false;
    bytes.remove_prefix(line_end.size());
  }
  return true;
}

bool has_request_line(std::string_view bytes, const limits& limits) noexcept {
  return skip_empty_lines(bytes, limits) && bytes.find(line_end) != std::string_view::npos;
}

head_line next_line(std::string_view head, std::size_t begin, std::size_t looked_at) noexcept {
  // The byte looked at last may be the first half of a line end.
  const auto from = looked_at > begin ? looked_at - 1 : begin;
  const auto end = head.find(line_end, from);
  head_line line{head.substr(begin, std::min(end, head.size()) - begin), end != std::string_view::npos, from - begin};
  if (!line.is_whole && line.text.ends_with('\r')) line.text.remove_suffix(1);
  return line;
}

refusal request_line_fault(const head_line& line, const limits& limits) noexcept {
  if (const auto fault = method_fault(line.text, limits); !fault.detail.empty()) return fault;
  // Byte by byte: a wrong end within the limit comes before the limit, and half of one does not.
  auto counted = line.text.substr(0, limits.request_line_bytes);
  if (counted.size() < line.text.size() && counted.ends_with('\r')) counted.remove_suffix(1);
  if (holds_line_end(counted, line.looked_at)) return wrong_line_end;
  if (line.text.size() > limits.request_line_bytes) return {414, "the request line is too long"};
  if (!line.is_whole) return {};
  // Whoever sends a line of HTTP/0.9, or of another protocol, waits for an answer now.
  const auto version = version_of(line.text);
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return {};
  return names_another_version(version) ? version_not_spoken : version_missing;
}

refusal field_line_fault(const head_line& line) noexcept {
  if (line.text.starts_with(' ') || line.text.starts_with('\t')) return line_folded;
  return holds_line_end(line.text, line.looked_at) ? wrong_line_end : refusal{};
}

} // namespace troupe::http
