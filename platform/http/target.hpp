#pragma once

#include <string>
#include <string_view>

namespace troupe::http {

/// The parts of a request target in origin form, or why it is refused.
struct target_parts {
  std::string_view path;    ///< normalised; a view into the target, or into `scratch` when something had to be decoded
  std::string_view query;   ///< as sent, without the '?'
  std::string_view refusal; ///< why it is malformed; empty: it is not
};

/// Splits and normalises a target: percent-decodes the path once, resolves `.` and `..` segments without leaving the root.
/// Accepted: origin form ("/a?b"), absolute form ("http://host/a": its authority is ignored, RFC 9112 section 3.2.2) and
/// "*" (for OPTIONS). Refused: a fragment, bytes outside RFC 3986's grammar, a bad escape, an encoded NUL, '/' or '\\',
/// an overlong or invalid UTF-8 sequence after decoding, userinfo, and any other form.
/// Source: RFC 3986 sections 2.1, 3.3, 5.2.4; RFC 9112 section 3.2.
/// Lifetime: views into `target` and `scratch`. Cost: O(target); no allocation for a path without '%' and dot segments.
[[nodiscard]] target_parts split_target(std::string_view target, std::string& scratch);

/// How many bytes at the front of the text are a path that is its own normal form: it begins with '/', needs no decoding, and no segment begins
/// with '.'. Cost: O(those bytes).
[[nodiscard]] std::size_t normal_path_bytes(std::string_view text) noexcept;

/// Whether the text is a host (a name, an IPv4 address or an IPv6 address in brackets) with an optional port of 1 to 65535, and
/// nothing else: no userinfo, list or path. Source: RFC 3986 section 3.2.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

/// Appends a decoded path, percent-encoding what a path cannot hold as it is, so that `split_target` yields the same path again.
/// Slashes stay. Source: RFC 3986 sections 2.1 and 3.3.
void append_path(std::string& out, std::string_view path);

/// Decodes %XX in a query key or value, '+' to a space. False on a bad escape.
[[nodiscard]] bool decode_query_text(std::string_view text, std::string& out);

} // namespace troupe::http
