#include "services/payment/identifier.hpp"

#include <array>
#include <cstddef>

namespace troupe::payment {

namespace {

constexpr std::size_t prefix_size = 4;
constexpr std::size_t digits = 32;
constexpr std::string_view hexadecimal = "0123456789abcdef";

std::string_view prefix_of(operation_kind kind) noexcept {
  switch (kind) {
  case operation_kind::payment:
    return "pay_";
  case operation_kind::refund:
    return "ref_";
  case operation_kind::credit:
    return "crd_";
  }
  return "";
}

/// A one-time pad for the number, as good as random for whoever lacks the secret.
std::uint64_t pad(const base::hash_secret& secret, std::uint64_t random) noexcept {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random >> (8 * i));
  return base::keyed_hash(secret, {bytes.data(), bytes.size()});
}

void append_hex(std::string& out, std::uint64_t word) {
  std::array<char, digits / 2> text{};
  for (auto c = text.rbegin(); c != text.rend(); ++c, word >>= 4) *c = hexadecimal[word & 15];
  out.append(text.data(), text.size());
}

std::uint64_t read_hex(std::string_view text) noexcept {
  std::uint64_t word = 0;
  for (const char c : text) word = word << 4 | hexadecimal.find(c);
  return word;
}

} // namespace

std::string seal_id(const base::hash_secret& secret, operation_kind kind, const operation_place& place) {
  std::string id;
  id.reserve(prefix_size + digits);
  id += prefix_of(kind);
  append_hex(id, static_cast<std::uint64_t>(place.number) ^ pad(secret, place.random));
  append_hex(id, place.random);
  return id;
}

bool is_id(operation_kind kind, std::string_view id) noexcept {
  return id.size() == prefix_size + digits && id.starts_with(prefix_of(kind)) &&
         id.find_first_not_of(hexadecimal, prefix_size) == std::string_view::npos;
}

std::optional<operation_place> open_id(const base::hash_secret& secret, operation_kind kind,
                                       std::string_view id) noexcept {
  if (!is_id(kind, id)) return std::nullopt;
  id.remove_prefix(prefix_size);
  operation_place place;
  place.random = read_hex(id.substr(digits / 2));
  place.number = static_cast<std::int64_t>(read_hex(id.substr(0, digits / 2)) ^ pad(secret, place.random));
  return place;
}

} // namespace troupe::payment
