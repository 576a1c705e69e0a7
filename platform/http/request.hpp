#pragma once

#include "platform/base/ip_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::http {

enum class method : std::uint8_t { get, head, post, put, patch, del, options, trace, connect, other };
inline constexpr std::size_t method_count = 10;

/// "GET" and so on; "" for `other`.
[[nodiscard]] std::string_view name(method m) noexcept;

struct header_field {
  std::string_view name;
  std::string_view value;
};

/// Whether two field names are the same: ASCII letters compare without case, whatever the locale. Source: RFC
/// 9110 section 5.1.
[[nodiscard]] bool same_field_name(std::string_view a, std::string_view b) noexcept;

/// The text without the spaces and tabs around it. Source: RFC 9110 section 5.6.3.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Values of a route's `{name}` segments and `{name...}` tail, percent-decoded, in the order of the pattern.
struct path_parameters {
  static constexpr std::size_t limit = 4;
  std::array<std::string_view, limit> names{};
  std::array<std::string_view, limit> values{};
  std::size_t count = 0;
};

/// Knows whom a request comes from, and finds it out when it is asked.
class client_source {
 public:
  [[nodiscard]] virtual base::ip_address client() const = 0;

 protected:
  ~client_source() = default;
};

/// One parsed and validated request: views into the connection actor's buffers.
/// Lifetime: until the route's decode function returns; whatever is needed later is copied into the message.
struct request {
  http::method method = http::method::get;
  std::string_view method_text;
  std::string_view target; ///< as sent
  std::string_view
      path; ///< normalised once: percent-decoded, no dot segments; what routing and everything after it sees
  std::string_view query; ///< as sent, without the '?'
  bool http_1_1 = true;
  bool keep_alive = true; ///< what the client asked for
  bool expects_continue = false;
  /// Those that only a trusted proxy may write (client_claims.hpp) stand last. A route sees these when its request comes from one, and else none of them.
  std::span<const header_field> fields;
  std::uint16_t claims = 0; ///< how many of `fields` those are
  std::string_view body;
  path_parameters parameters;
  const client_source* source = nullptr; ///< null: nobody has asked a socket

  /// The address that the request came from: the peer's, or the one that a PROXY header or a trusted proxy's `Forwarded` or
  /// `X-Forwarded-For` names. Not known: the connection is reset. Cost: at most one system call, and only for who asks.
  [[nodiscard]] base::ip_address client() const { return source ? source->client() : base::ip_address(); }

  /// Forgets the claims. Cost: O(1).
  void drop_claims() noexcept { fields = fields.first(fields.size() - std::exchange(claims, std::uint16_t{0})); }

  /// The first field of that name (compared without case), or nullopt. Cost: O(fields).
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept;

  /// The field of that name when it occurs once, else nullopt: for what is no list, and says nothing when it is said twice.
  [[nodiscard]] std::optional<std::string_view> only_field(std::string_view name) const noexcept;

  /// The values of all fields of that name as one list; "" when there is none, "," (a list of nothing) when all are empty.
  /// Source: RFC 9110 section 5.3. Cost: O(fields); no allocation when there is none.
  [[nodiscard]] std::string list_field(std::string_view name) const;

  /// The value of `{name}` in the route's pattern; "" if the pattern has no such segment.
  [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;

  /// The first query parameter of that name, percent-decoded ('+' is a space), or nullopt; "" when it has no
  /// '='. A text with a bad escape is kept as it was sent (the parser refuses those). The value may hold any
  /// byte: check it.
  /// Cost: O(query), allocates the value.
  [[nodiscard]] std::optional<std::string> query_parameter(std::string_view name) const;
};

} // namespace troupe::http
