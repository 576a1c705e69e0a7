#include "platform/http/incomplete_chunk.hpp"

namespace troupe::http {

namespace {

// Given a chunk's head that the library has not taken: whether it is whole, so that the library can only be waiting for the end
// of a quoted extension.
bool waits_for_a_quote(std::string_view rest) noexcept {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) return false;
  const auto line = rest.substr(0, end);
  const auto after_zeros = line.find_first_not_of('0');
  const bool is_last = line.starts_with('0') &&
                       (after_zeros == std::string_view::npos || std::string_view("; \t").find(line[after_zeros]) != std::string_view::npos);
  return !is_last || rest.find("\r\n\r\n") != std::string_view::npos; // the last one ends with its trailers
}

// Looks for lines that end otherwise than with CR LF or are folded. A CR at the end may still become a line end.
refusal line_fault(std::string_view bytes) noexcept {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return wrong_line_end;
    if (at + 1 < bytes.size() && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t')) return line_folded;
  }
  for (auto at = bytes.find('\r'); at != std::string_view::npos; at = bytes.find('\r', at + 1)) {
    if (at + 1 < bytes.size() && bytes[at + 1] != '\n') return wrong_line_end;
  }
  return {};
}

} // namespace

bool begins_no_chunk(std::string_view rest) noexcept {
  if (rest.starts_with("\r\n")) rest.remove_prefix(2); // ends the chunk before
  return !rest.empty() && rest != "\r" && std::string_view("0123456789abcdefABCDEF").find(rest.front()) == std::string_view::npos;
}

refusal hopeless_chunk(std::string_view rest, const limits& bounds) noexcept {
  if (rest.starts_with("\r\n")) rest.remove_prefix(2); // ends the chunk before
  if (rest.empty() || rest == "\r") return {};
  if (begins_no_chunk(rest)) return chunk_malformed;
  auto line = rest.substr(0, rest.find("\r\n"));
  if (line.size() == rest.size() && line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > bounds.chunk_line_bytes) return {400, chunk_line_too_long};
  if (waits_for_a_quote(rest)) return {400, "a chunk extension is malformed"};
  if (rest.size() > bounds.trailer_bytes) return {431, trailer_too_large};
  return line_fault(rest);
}

} // namespace troupe::http
