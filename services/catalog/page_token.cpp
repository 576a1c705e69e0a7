#include "services/catalog/page_token.hpp"

#include "services/catalog/fingerprint.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe::catalog {

namespace {

constexpr std::size_t fingerprint_bytes = 8;
constexpr std::size_t most_token_bytes = 128;

// Source: RFC 4648 section 5.
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 63];
  return out;
}

/// Only the one way in which `base64url` writes the bytes.
std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 255);
  }
  if (base64url(out) != text) return std::nullopt;
  return out;
}

std::string sealed(std::string_view query, std::string_view position) {
  // The 0 between the two keeps "ab" + "c" apart from "a" + "bc": no query holds one.
  const auto mark = fingerprint(position, fingerprint(std::string_view("\0", 1), fingerprint(query)));
  std::string out;
  for (std::size_t i = 0; i < fingerprint_bytes; ++i) out += static_cast<char>(mark >> (8 * i) & 255);
  return out.append(position);
}

} // namespace

std::string make_page_token(std::string_view query, std::string_view position) {
  return base64url(sealed(query, position));
}

std::optional<std::string> page_position(std::string_view query, std::string_view token) {
  if (token.size() > most_token_bytes) return std::nullopt;
  auto bytes = from_base64url(token);
  if (!bytes || bytes->size() < fingerprint_bytes) return std::nullopt;
  const auto position = bytes->substr(fingerprint_bytes);
  if (sealed(query, position) != *bytes) return std::nullopt;
  return position;
}

} // namespace troupe::catalog
