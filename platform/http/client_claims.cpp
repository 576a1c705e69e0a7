#include "platform/http/client_claims.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::http {

namespace {

// Lower case, in the order of ASCII; one that ends in '-' stands for all names that begin so. These have "X-" before them:
constexpr std::array<std::string_view, 60> extensions{
    "akamai-", "amzn-", "anonymous-consumer", "appengine-", "arr-", "auth-request-", "authenticated-", "authentik-", "azure-", "b3-",
    "client-cert", "client-cert-", "client-dn", "client-ip", "client-verify", "cloud-trace-context", "cluster-client-ip", "consumer-",
    "correlation-id", "credential-", "email", "envoy-", "forwarded", "forwarded-", "goog-authenticated-", "goog-iap-", "groups",
    "ms-client-principal", "ms-client-principal-", "ms-token-", "nf-client-connection-ip", "original-", "originating-ip", "pomerium-",
    "proxyuser-ip", "real-", "remote-", "replaced-path", "request-id", "rewrite-url", "scheme", "ssl", "ssl-", "trace-", "url-scheme", "user",
    "user-dn", "user-email", "user-groups", "user-id", "user-name", "user-role", "user-roles", "userid", "userinfo", "username", "vercel-",
    "vouch-", "waws-", "webauth-"};
constexpr std::array<std::string_view, 22> others{
    "b3", "baggage", "cf-", "client-cert", "client-cert-chain", "client-ip", "cloudfront-", "do-connecting-ip", "fastly-", "fly-", "forwarded",
    "forwarded-for", "front-end-https", "incap-client-ip", "proxy-client-ip", "remote-", "ssl-client-", "tailscale-", "traceparent", "tracestate",
    "true-client-ip", "wl-proxy-"};

template <std::size_t Size>
using name_list = std::array<std::string_view, Size>;

// Where the names begin that start with each letter, by its last five bits; the last: where they end.
template <std::size_t Size>
consteval std::array<std::uint8_t, 33> index_of(const name_list<Size>& names) {
  static_assert(Size < 256);
  if (!std::is_sorted(names.begin(), names.end())) throw "not in order";
  std::array<std::uint8_t, 33> begins{};
  for (std::size_t letter = 0; letter < begins.size(); ++letter) {
    const auto is_before = [letter](std::string_view name) { return static_cast<std::size_t>(name[0] & 31) < letter; };
    begins[letter] = static_cast<std::uint8_t>(std::count_if(names.begin(), names.end(), is_before));
  }
  return begins;
}

constexpr auto extensions_by_letter = index_of(extensions);
constexpr auto others_by_letter = index_of(others);

template <std::size_t Size>
bool is_among(const name_list<Size>& names, const std::array<std::uint8_t, 33>& by_letter, std::string_view name) noexcept {
  if (name.size() < 2) return false;
  const auto letter = static_cast<std::size_t>(name[0] & 31);
  const char second = static_cast<char>(name[1] | 0x20); // leaves digits and '-' as they are
  for (std::size_t i = by_letter[letter]; i < by_letter[letter + 1]; ++i) {
    const auto known = names[i];
    if (known[1] == second && same_field_name(known.back() == '-' ? name.substr(0, known.size()) : name, known)) return true;
  }
  return false;
}

} // namespace

bool is_named_claim(std::string_view name) noexcept {
  const bool is_extension = (name[0] | 0x20) == 'x' && name.size() > 2 && name[1] == '-';
  return is_extension ? is_among(extensions, extensions_by_letter, name.substr(2)) : is_among(others, others_by_letter, name);
}

} // namespace troupe::http
