#include "platform/net/asked_name.hpp"

namespace troupe::net {

namespace {

constexpr unsigned char host_name = 0;
constexpr std::size_t before_name = 5; // the list's length, the name's type and length

std::size_t number(std::span<const unsigned char, 2> bytes) { return std::size_t{bytes[0]} << 8 | bytes[1]; }

} // namespace

std::optional<std::string_view> asked_name(std::span<const unsigned char> extension) noexcept {
  if (extension.size() < before_name || extension.size() > before_name + longest_asked_name) return std::nullopt;
  const auto name = extension.subspan(before_name);
  if (number(extension.first<2>()) != extension.size() - 2 || extension[2] != host_name || number(extension.subspan<3, 2>()) != name.size())
    return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  return text;
}

} // namespace troupe::net
