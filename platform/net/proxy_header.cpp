#include "platform/net/proxy_header.hpp"

#include <algorithm>
#include <array>

namespace troupe::net {

namespace {

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_bytes = 16;

enum command : unsigned { local = 0, proxied = 1 };
enum family : unsigned { unspecified = 0, inet = 1, inet6 = 2, unix_domain = 3 };
enum transport : unsigned { unknown = 0, stream = 1, datagram = 2 };

constexpr std::size_t address_bytes(unsigned of) noexcept {
  switch (of) {
  case inet: return 12;
  case inet6: return 36;
  case unix_domain: return 216;
  default: return 0;
  }
}

template <std::size_t Size>
std::array<std::uint8_t, Size> copy(std::string_view bytes, std::size_t from) noexcept {
  std::array<std::uint8_t, Size> out{};
  for (std::size_t i = 0; i < Size; ++i) out[i] = static_cast<std::uint8_t>(bytes[from + i]);
  return out;
}

} // namespace

proxy_header read_proxy_header(std::string_view bytes) noexcept {
  using status = proxy_header::outcome;
  const auto known = std::min(bytes.size(), signature.size());
  if (bytes.substr(0, known) != signature.substr(0, known)) return {status::refused, 0, {}, false};
  const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  if (bytes.size() > 12 && (at(12) >> 4 != 2 || (at(12) & 15u) > proxied)) return {status::refused, 0, {}, false};
  if (bytes.size() > 13 && (at(13) >> 4 > unix_domain || (at(13) & 15u) > datagram)) return {status::refused, 0, {}, false};
  if (bytes.size() < fixed_bytes) return {};
  const bool is_local = (at(12) & 15u) == local;
  const auto from = at(13) >> 4;
  const auto over = at(13) & 15u;
  const std::size_t length = at(14) << 8 | at(15);
  if (fixed_bytes + length > proxy_header::most_bytes) return {status::refused, 0, {}, false};
  if (!is_local && over != unknown && length < address_bytes(from)) return {status::refused, 0, {}, false};
  if (bytes.size() < fixed_bytes + length) return {};
  proxy_header out{status::complete, fixed_bytes + length, {}, is_local};
  if (is_local || over != stream) return out;
  if (from == inet) out.client = base::ip_address::v4(copy<4>(bytes, fixed_bytes));
  if (from == inet6) out.client = base::ip_address(copy<16>(bytes, fixed_bytes));
  return out;
}

} // namespace troupe::net
