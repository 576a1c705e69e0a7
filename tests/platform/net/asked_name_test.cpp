#include "platform/net/asked_name.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

using troupe::net::asked_name;
using troupe::net::longest_asked_name;

namespace {

std::string two(std::size_t number) { return {static_cast<char>(number >> 8), static_cast<char>(number)}; }

std::string extension_with(const std::string& name) { return two(name.size() + 3) + '\0' + two(name.size()) + name; }

// From a copy with nothing behind it, so that the sanitizer sees a look beyond the end.
std::optional<std::string> name_in(const std::string& extension) {
  const std::unique_ptr<unsigned char[]> copy(new unsigned char[extension.size()]);
  for (std::size_t i = 0; i < extension.size(); ++i) copy[i] = static_cast<unsigned char>(extension[i]);
  const auto name = asked_name({copy.get(), extension.size()});
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

} // namespace

TEST_CASE("RFC 6066 3: the name that is asked for is read as it stands") {
  const std::string names[] = {"shop.test", "SHOP.test.", "", "\xff\x01", std::string(longest_asked_name, 'a')};
  for (const auto& name : names) CHECK(name_in(extension_with(name)) == name);
}

TEST_CASE("RFC 6066 3: a malformed server_name extension holds no name") {
  const std::string good = extension_with("shop.test");
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(name_in(good.substr(0, size)));
  CHECK_FALSE(name_in(good + "x"));
  CHECK_FALSE(name_in(extension_with(std::string("shop\0test", 9))));
  CHECK_FALSE(name_in(extension_with(std::string(longest_asked_name + 1, 'a'))));
  CHECK_FALSE(name_in(extension_with(std::string(60'000, 'a'))));
  const std::string second = std::string("\0", 1) + two(1) + "b";
  CHECK_FALSE(name_in(two(4 + second.size()) + '\0' + two(1) + "a" + second)); // one name of a type is allowed
  // Whichever byte of the lengths or the type is another, nothing is right any more.
  for (std::size_t at = 0; at < 5; ++at) {
    for (int value = 0; value < 256; ++value) {
      auto changed = good;
      changed[at] = static_cast<char>(value);
      CHECK(name_in(changed).has_value() == (changed == good));
    }
  }
}
