#include "platform/net/server_names.hpp"

#include <algorithm>

namespace troupe::net {

namespace {

constexpr std::size_t longest_name = 253; // RFC 1035 section 2.3.4, as text

// As it is compared: in lower case, without the dot that may end a full name.
std::string canonical(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

} // namespace

bool server_names::add(std::string_view name, std::size_t certificate) {
  auto key = canonical(name);
  if (key.empty() || key.size() > longest_name || key.find('\0') != std::string::npos) return false;
  const bool wild = key.starts_with("*.");
  if (wild) key.erase(0, 1);
  if (key.size() < 2 || key.find('*') != std::string::npos) return false;
  (wild ? wildcards_ : exact_).emplace(std::move(key), certificate);
  return true;
}

std::size_t server_names::find(std::string_view name) const {
  if (name.size() > longest_name + 1) return none;
  const auto key = canonical(name);
  if (const auto found = exact_.find(key); found != exact_.end()) return found->second;
  const auto dot = key.find('.');
  if (dot == std::string::npos || dot == 0) return none;
  const auto found = wildcards_.find(std::string_view(key).substr(dot));
  return found == wildcards_.end() ? none : found->second;
}

} // namespace troupe::net
