#include "platform/http/media_type.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::http::is_compressible;
using troupe::http::media_types;

TEST_CASE("a page's files have their types without any table", "[unit]") {
  const media_types types;
  CHECK(types.of("index.html") == "text/html; charset=utf-8");
  CHECK(types.of("a/b.c/INDEX.HTML") == "text/html; charset=utf-8");
  CHECK(types.of("app.min.js") == "text/javascript; charset=utf-8");
  CHECK(types.of("logo.svg") == "image/svg+xml");
  CHECK(types.of("data.json") == "application/json");
  for (const auto* name : {"", "README", "a.b/README", "x.unknown", ".", "x.", "html"}) {
    CAPTURE(name);
    CHECK(types.of(name) == "application/octet-stream");
  }
}

TEST_CASE("a table in the system's form adds its types", "[unit]") {
  media_types types;
  types.add("# a comment\n"
            "application/x-one\t\t\tone ONE2\n"
            "text/x-two two # three\n"
            "application/x-other one\n"
            "application/x-json json\n"
            "nonsense four\n"
            "a b/c five\n"
            "text/evil\r\nX-Evil: six\n"
            "text/x-last last");
  CHECK(types.of("a.one") == "application/x-one");
  CHECK(types.of("a.one2") == "application/x-one");
  CHECK(types.of("a.two") == "text/x-two; charset=utf-8");
  CHECK(types.of("a.json") == "application/x-json");
  CHECK(types.of("a.last") == "text/x-last; charset=utf-8");
  for (const auto* name : {"a.three", "a.four", "a.five", "a.six", "a.#"}) {
    CAPTURE(name);
    CHECK(types.of(name) == "application/octet-stream");
  }
}

TEST_CASE("whatever a table holds, a type is one line of printable characters", "[unit]") {
  for (int byte = 0; byte < 256; ++byte) {
    media_types types;
    types.add(std::string("te") + static_cast<char>(byte) + "xt/pl" + static_cast<char>(byte) + "ain abc\n");
    for (const char c : std::string_view(types.of("x.abc"))) REQUIRE((c >= 0x20 && c < 0x7F));
  }
}

TEST_CASE("the system's table is read, and a missing one leaves the built-in types", "[unit]") {
  const auto system = media_types::load();
  CHECK(system.size() > 500); // Debian's media-types, which deploy/install brings
  CHECK(system.of("a.html") == "text/html; charset=utf-8");
  CHECK(system.of("a.epub") == "application/epub+zip");
  const auto none = media_types::load("/nonexistent/mime.types");
  CHECK(none.size() == media_types().size());
  CHECK(none.of("a.html") == "text/html; charset=utf-8");
}

TEST_CASE("text is compressible and what is packed already is not", "[unit]") {
  for (const auto* type : {"text/plain", "text/html; charset=utf-8", "application/json", "application/problem+json", "image/svg+xml",
                           "application/xml", "application/atom+xml", "application/wasm", "application/json ; a=b"}) {
    CAPTURE(type);
    CHECK(is_compressible(type));
  }
  for (const auto* type : {"", "image/png", "application/octet-stream", "video/mp4", "application/gzip", "font/woff2", "textual/plain"}) {
    CAPTURE(type);
    CHECK_FALSE(is_compressible(type));
  }
}
