#include "platform/http/content_type.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <type_traits>

using troupe::http::content_type;

namespace {

// What is not a constant has no way in but `checked`.
static_assert(!std::is_constructible_v<content_type, std::string_view>);
static_assert(!std::is_constructible_v<content_type, std::string>);
static_assert(!std::is_constructible_v<content_type, const char*>);
static_assert(!std::is_assignable_v<content_type&, std::string_view>);
static_assert(!std::is_assignable_v<content_type&, std::string>);
static_assert(!std::is_assignable_v<content_type&, const char*>);

template <char Byte>
inline constexpr char with_byte[] = {'a', '/', Byte, '\0'};
template <char Byte>
concept compiles = requires { typename std::bool_constant<!content_type(with_byte<Byte>).empty()>; };
static_assert(compiles<'b'> && compiles<' '> && compiles<'\t'> && compiles<'~'>);
static_assert(!compiles<'\r'> && !compiles<'\n'> && !compiles<'\0'> && !compiles<'\x7f'> && !compiles<'\xe9'> && !compiles<'\x1f'>);

} // namespace

TEST_CASE("a content type is its literal, and nothing when it has none") {
  constexpr content_type page = "text/html; charset=utf-8";
  CHECK(page == "text/html; charset=utf-8");
  CHECK(page.size() == 24);
  CHECK_FALSE(page.empty());
  CHECK(content_type().empty());
  CHECK(std::string_view(page).starts_with("text/"));
}

TEST_CASE("C-41: a text with a byte that could leave its line becomes no content type") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const bool stays = (byte >= 0x20 && byte < 0x7F) || byte == '\t';
    for (const std::string before : {"", "text/plain", "text/plain; x="}) {
      for (const std::string after : {"", "b", "\nSet-Cookie: a=b"}) {
        const auto text = before + static_cast<char>(byte) + after;
        const auto type = content_type::checked(text);
        REQUIRE(type.has_value() == (stays && after.find('\n') == std::string::npos));
        if (type) REQUIRE(*type == text);
      }
    }
  }
}
