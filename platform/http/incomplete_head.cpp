#include "platform/http/incomplete_head.hpp"

#include <algorithm>
#include <cstddef>

namespace troupe::http {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr refusal wrong_line_end{400, "lines end with CR LF"};

constexpr refusal line_folded{400, "folded field lines are refused"};

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

refusal method_fault(std::string_view bytes, const limits& limits) noexcept {
  if (bytes.starts_with(' ')) return {400, "the method is missing"};
  for (std::size_t i = 0; i < bytes.size() && bytes[i] != ' '; ++i) {
    if (!is_token_byte(bytes[i])) return {400, "this is not an HTTP request"};
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

bool names_another_version(std::string_view line) noexcept {
  auto version = version_of(line);
  if (!version.starts_with("HTTP/")) return false;
  version.remove_prefix(5);
  const auto dot = version.find('.');
  return dot != std::string_view::npos && is_number(version.substr(0, dot)) && is_number(version.substr(dot + 1));
}

refusal hopeless_head(std::string_view bytes, const limits& limits, std::size_t looked_at) noexcept {
  const auto all = bytes.size();
  if (!skip_empty_lines(bytes, limits)) return {400, "too many empty lines before the request line"};
  if (bytes.empty() || bytes == "\r") return {};
  if (const auto fault = method_fault(bytes, limits); !fault.detail.empty()) return fault;
  auto line = bytes.substr(0, bytes.find(line_end));
  if (line.size() == bytes.size() && line.ends_with('\r')) line.remove_suffix(1); // half of a line end is not part of it
  if (line.size() > limits.request_line_bytes) return {414, "the request line is too long"};
  if (bytes.substr(line.size()).starts_with(line_end)) {
    // Whoever sends a line of HTTP/0.9, or of another protocol, waits for an answer now.
    const auto version = version_of(line);
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
      return names_another_version(line) ? version_not_spoken : version_missing;
  }
  if (bytes.size() > limits.head_bytes) return {431, "the head of the request is too large"};
  // A client that ends its lines otherwise would wait for an answer until its time is over.
  const auto skipped = all - bytes.size();
  return line_fault(bytes, looked_at > skipped + 1 ? looked_at - skipped - 1 : 0); // the last one says something with the next
}

refusal line_fault(std::string_view bytes, std::size_t from) noexcept {
  for (auto at = bytes.find('\n', from); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return wrong_line_end;
    if (at + 1 < bytes.size() && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t')) return line_folded;
  }
  for (auto at = bytes.find('\r', from); at != std::string_view::npos; at = bytes.find('\r', at + 1)) {
    if (at + 1 < bytes.size() && bytes[at + 1] != '\n') return wrong_line_end;
  }
  return {};
}

} // namespace troupe::http
