#include "platform/http/target.hpp"

#include "platform/base/escape.hpp"
#include "platform/http/request.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::http {

namespace {

// RFC 3986: pchar without '%', and '/'.
constexpr std::array<bool, 256> path_bytes = [] {
  std::array<bool, 256> allowed{};
  for (int c = 'a'; c <= 'z'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-._~!$&'()*+,;=:@/")) allowed[static_cast<std::size_t>(c)] = true;
  return allowed;
}();

// Bytes of a host that is a name or an IPv4 address: a ',' would be a list, and no name holds an escape.
constexpr std::array<bool, 256> host_bytes = [] {
  auto allowed = path_bytes;
  for (const char c : std::string_view(",/@:")) allowed[static_cast<std::size_t>(c)] = false;
  return allowed;
}();

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One escape at text[at] == '%': its byte, or -1.
int escaped_byte(std::string_view text, std::size_t at) noexcept {
  if (at + 2 >= text.size()) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// RFC 3986 section 5.2.4 on a decoded path, in place: segments "." vanish, ".." takes the one before it away.
void remove_dot_segments(std::string& path) {
  std::string out;
  out.reserve(path.size());
  std::size_t i = 0;
  while (i < path.size()) {
    // path[i] is the '/' that begins a segment.
    const auto end = path.find('/', i + 1);
    const auto stop = end == std::string::npos ? path.size() : end;
    const std::string_view segment{path.data() + i + 1, stop - i - 1};
    const bool last = end == std::string::npos;
    if (segment == ".") {
      if (last) out += '/';
    } else if (segment == "..") {
      const auto slash = out.rfind('/');
      out.resize(slash == std::string::npos ? 0 : slash);
      if (last) out += '/';
    } else {
      out += '/';
      out += segment;
    }
    i = stop;
  }
  path = out.empty() ? "/" : std::move(out);
}

std::string_view normalise(std::string_view raw, std::string& scratch, std::string_view& refusal) {
  if (normal_path_bytes(raw) == raw.size()) return raw;
  for (const char c : raw) {
    if (c == '%' || path_bytes[static_cast<unsigned char>(c)]) continue;
    refusal = "the path holds a byte that must be percent-encoded";
    return {};
  }

  scratch.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      scratch += raw[i];
      continue;
    }
    const int byte = escaped_byte(raw, i);
    if (byte < 0) {
      refusal = "a percent escape needs two hexadecimal digits";
      return {};
    }
    // A decoded separator would make routing and the file system see another path than was sent.
    if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\') {
      refusal = "the path encodes a separator or a control character";
      return {};
    }
    scratch += static_cast<char>(byte);
    i += 2;
  }
  if (!base::is_utf8(scratch)) {
    refusal = "the path is not UTF-8 once decoded";
    return {};
  }
  remove_dot_segments(scratch);
  return scratch;
}

// Where the authority of an absolute target begins; 0: it is no such target. Schemes compare without case.
std::size_t authority_begin(std::string_view target) noexcept {
  if (target.starts_with('/')) return 0;
  for (const auto scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (same_field_name(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

bool is_ipv6(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return false;
  std::copy(text.begin(), text.end(), copy.begin());
  in6_addr address{};
  return text.find('\0') == std::string_view::npos && ::inet_pton(AF_INET6, copy.data(), &address) == 1;
}

} // namespace

target_parts split_target(std::string_view target, std::string& scratch) {
  target_parts parts;
  bool no_path = false;
  if (target == "*") {
    parts.path = target;
    return parts;
  }
  if (const auto authority = authority_begin(target); authority != 0) {
    const auto end = target.find_first_of("/?#", authority);
    const auto host = target.substr(authority, end == std::string_view::npos ? end : end - authority);
    if (!is_authority(host)) {
      parts.refusal = "an absolute target needs a host with an optional port, and no user information";
      return parts;
    }
    target = end == std::string_view::npos ? std::string_view("/") : target.substr(end);
    no_path = target.front() == '?'; // "http://host?a" has the path "/". Source: RFC 9110 section 4.2.3
  }
  if (target.empty() || (target.front() != '/' && !no_path)) {
    parts.refusal = "the target must begin with '/'";
    return parts;
  }
  const auto question = target.find('?');
  const auto path = no_path ? std::string_view("/") : target.substr(0, question);
  if (question != std::string_view::npos) {
    parts.query = target.substr(question + 1);
    for (const char c : parts.query) {
      if (c == '%' || c == '?' || path_bytes[static_cast<unsigned char>(c)]) continue;
      parts.refusal = "the query holds a byte that must be percent-encoded";
      return parts;
    }
    for (std::size_t i = parts.query.find('%'); i != std::string_view::npos; i = parts.query.find('%', i + 1)) {
      if (escaped_byte(parts.query, i) >= 0) continue;
      parts.refusal = "a percent escape needs two hexadecimal digits";
      return parts;
    }
  }
  parts.path = normalise(path, scratch, parts.refusal);
  return parts;
}

std::size_t normal_path_bytes(std::string_view text) noexcept {
  if (!text.starts_with('/')) return 0;
  const char* at = text.data() + 1;
  const char* const end = text.data() + text.size();
  while (at != end && path_bytes[static_cast<unsigned char>(*at)] && (*at != '.' || at[-1] != '/')) ++at;
  return static_cast<std::size_t>(at - text.data());
}

bool is_authority(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return false;
    at += bracket + 1;
  } else {
    while (at != end && host_bytes[static_cast<unsigned char>(*at)]) ++at;
    if (at == text.data()) return false;
  }
  if (at == end) return true;
  if (*at++ != ':') return false;
  if (at == end) return true; // RFC 3986 allows an empty port
  if (end - at > 5) return false;
  std::uint32_t port = 0;
  for (; at != end; ++at) {
    const auto digit = static_cast<std::uint32_t>(*at - '0');
    if (digit > 9) return false;
    port = port * 10 + digit;
  }
  return port >= 1 && port <= 65535;
}

void append_path(std::string& out, std::string_view path) {
  static constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (path_bytes[byte]) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
}

bool decode_query_text(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      const int byte = escaped_byte(text, i);
      if (byte < 0) return false;
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return true;
}

} // namespace troupe::http
