#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::base {

/// An IPv4 or IPv6 address as a value. IPv4 has the form that IPv6 gives it (::ffff:a.b.c.d), so both are one kind.
/// Source: RFC 4291 sections 2.2 and 2.5.5.2.
class ip_address {
 public:
  using octets = std::array<std::uint8_t, 16>;

  /// "::": not known.
  constexpr ip_address() noexcept = default;
  explicit constexpr ip_address(const octets& bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] static constexpr ip_address v4(const std::array<std::uint8_t, 4>& b) noexcept {
    return ip_address({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, b[0], b[1], b[2], b[3]});
  }

  /// "192.0.2.1" or "2001:db8::1", without port, brackets or zone. nullopt: anything else.
  [[nodiscard]] static std::optional<ip_address> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr bool is_known() const noexcept { return bytes_ != octets{}; }
  [[nodiscard]] constexpr bool is_v4() const noexcept {
    for (std::size_t i = 0; i < 10; ++i) {
      if (bytes_[i] != 0) return false;
    }
    return bytes_[10] == 0xff && bytes_[11] == 0xff;
  }
  /// In network byte order.
  [[nodiscard]] constexpr const octets& bytes() const noexcept { return bytes_; }

  /// As RFC 5952 writes it; "" when not known.
  [[nodiscard]] std::string text() const;

  friend constexpr bool operator==(const ip_address&, const ip_address&) noexcept = default;

 private:
  octets bytes_{};
};

} // namespace troupe::base
