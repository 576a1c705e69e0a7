#include "platform/http/request.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

using namespace troupe::http;

namespace {

std::optional<std::string> value(std::string_view query, std::string_view name) {
  request r;
  r.query = query;
  return r.query_parameter(name);
}

} // namespace

TEST_CASE("each method has its name, and one that is not known has none") {
  CHECK(name(method::get) == "GET");
  CHECK(name(method::head) == "HEAD");
  CHECK(name(method::post) == "POST");
  CHECK(name(method::put) == "PUT");
  CHECK(name(method::patch) == "PATCH");
  CHECK(name(method::del) == "DELETE");
  CHECK(name(method::options) == "OPTIONS");
  CHECK(name(method::trace) == "TRACE");
  CHECK(name(method::connect) == "CONNECT");
  CHECK(name(method::other).empty());
  CHECK(name(static_cast<method>(200)).empty());
}

TEST_CASE("RFC 9110 5.1: field names compare without case") {
  CHECK(same_field_name("Content-Type", "content-TYPE"));
  CHECK(same_field_name("", ""));
  CHECK_FALSE(same_field_name("Content-Type", "Content-Typ"));
  CHECK_FALSE(same_field_name("a-b", "a_b"));
  // Only letters have two cases: '[' and '{', '@' and '`' differ in the same bit.
  CHECK_FALSE(same_field_name("[", "{"));
  CHECK_FALSE(same_field_name("@", "`"));
  CHECK_FALSE(same_field_name("\xC9", "\xE9"));
}

TEST_CASE("the first field of a name is found, whatever its case") {
  const std::array<header_field, 4> fields{{{"Host", "a"}, {"X-Tag", "1"}, {"x-tag", "2"}, {"Empty", ""}}};
  request r;
  r.fields = fields;
  CHECK(r.field("X-TAG") == "1");
  CHECK(r.field("host") == "a");
  CHECK(r.field("empty") == "");
  CHECK(r.field("tag") == std::nullopt);
  CHECK(request().field("host") == std::nullopt);
}

TEST_CASE("a path parameter is found by the name in the pattern") {
  request r;
  r.parameters.names = {"id", "part"};
  r.parameters.values = {"85123A", ""};
  r.parameters.count = 2;
  CHECK(r.parameter("id") == "85123A");
  CHECK(r.parameter("part").empty());
  CHECK(r.parameter("other").empty());
  r.parameters.count = 0;
  CHECK(r.parameter("id").empty()); // left over from another request
  CHECK(r.parameter("").empty());
}

TEST_CASE("a query parameter is found and decoded") {
  CHECK(value("q=tea&page_size=20", "q") == "tea");
  CHECK(value("q=tea&page_size=20", "page_size") == "20");
  CHECK(value("q=red+tea%20pot", "q") == "red tea pot");
  CHECK(value("q=%C3%A9%2B%26%3D", "q") == "\xC3\xA9+&=");
  CHECK(value("q=a=b=c", "q") == "a=b=c");
  CHECK(value("q=1&q=2", "q") == "1");
  CHECK(value("a%62c=1", "abc") == "1");
  CHECK(value("a+b=1", "a b") == "1");
  CHECK(value("q=%00", "q") == std::string(1, '\0'));
}

TEST_CASE("a query parameter without value is empty, and one that is not there is not") {
  CHECK(value("q", "q") == "");
  CHECK(value("q=", "q") == "");
  CHECK(value("&&q&", "q") == "");
  CHECK(value("=x&q=1", "q") == "1");
  CHECK(value("", "q") == std::nullopt);
  CHECK(value("&", "q") == std::nullopt);
  CHECK(value("qq=1", "q") == std::nullopt);
  CHECK(value("Q=1", "q") == std::nullopt);
  CHECK(value("x=q", "q") == std::nullopt);
  CHECK(value("x=1&&", "") == std::nullopt);
}

TEST_CASE("a text with a bad escape is kept as it was sent") {
  CHECK(value("q=%", "q") == "%");
  CHECK(value("q=%4", "q") == "%4");
  CHECK(value("q=%zz", "q") == "%zz");
  CHECK(value("q=100%&x=1", "q") == "100%");
  CHECK(value("%zz=1", "%zz") == "1");
}
