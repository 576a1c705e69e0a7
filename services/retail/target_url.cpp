#include "services/retail/target_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace troupe::retail {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool is_host_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_';
}

bool is_address_letter(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

} // namespace

base::result<target_url> parse_target_url(std::string_view url) {
  const auto refuse = [&](const char* what) {
    return base::fail(base::errc::invalid_argument,
                      "target " + std::string(url) + ": " + what +
                          "; write http://HOST:PORT, as in http://127.0.0.1:8080");
  };
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return refuse("must begin with http://");
  auto rest = url.substr(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) return refuse("must be a host and a port only");

  const bool is_bracketed = rest.starts_with('[');
  const auto host_end = is_bracketed ? rest.find(']') : rest.find(':');
  if (is_bracketed && host_end == std::string_view::npos) return refuse("the bracket is not closed");
  const auto host = rest.substr(is_bracketed ? 1 : 0, is_bracketed ? host_end - 1 : host_end);
  const auto is_letter = is_bracketed ? is_address_letter : is_host_letter;
  if (host.empty() || host.size() > 253 || !std::all_of(host.begin(), host.end(), is_letter))
    return refuse("is not a host name or address");

  auto after = host_end == std::string_view::npos ? std::string_view{}
                                                  : rest.substr(host_end + (is_bracketed ? 1 : 0));
  auto port = std::optional<std::uint16_t>(80);
  if (!after.empty()) {
    if (after.front() != ':') return refuse("must have a colon between host and port");
    port = parse_port(after.substr(1));
  }
  if (!port) return refuse("the port must be from 1 to 65535");

  target_url out{std::string(host), std::to_string(*port), {}};
  out.authority = (is_bracketed ? "[" + out.host + "]" : out.host) + ":" + out.port;
  return out;
}

} // namespace troupe::retail
