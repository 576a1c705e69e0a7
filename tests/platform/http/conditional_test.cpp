#include "platform/http/conditional.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::http;
using outcome = precondition_outcome;

namespace {

constexpr troupe::base::unix_micros now = 1'790'000'000'000'000;
constexpr std::int64_t then = 784'111'777;
constexpr std::string_view at_then = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view before_then = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view after_then = "Sun, 06 Nov 1994 08:49:38 GMT";

const representation tagged{.etag = "\"a\"", .last_modified = then};
const representation missing{.exists = false};

outcome of(const preconditions& asked, const representation& current = tagged, bool is_read = true) {
  return evaluate(asked, current, is_read, now);
}

} // namespace

TEST_CASE("RFC 9110 8.8.3.2: a tag is found in a list, weak ones only by weak comparison", "[unit]") {
  struct example {
    std::string list;
    bool weak;
    bool strong;
  };
  const std::vector<example> examples{
      {R"("v1-ab")", true, true},
      {"*", true, true},
      {"  *  ", true, true},
      {R"(W/"v1-ab")", true, false},
      {R"("x", "v1-ab")", true, true},
      {R"("x","v1-ab","y")", true, true},
      {R"(,, "v1-ab" ,)", true, true},
      {R"("a,b", W/"v1-ab")", true, false},
      {R"(W/"v1-ab", "v1-ab")", true, true},
      {R"("v1-a")", false, false},
      {R"("v1-abc")", false, false},
      {R"("V1-AB")", false, false},
      {R"(w/"v1-ab")", false, false},
      {"v1-ab", false, false},
      {R"("v1-ab)", false, false},
      {R"(x "v1-ab")", false, false},
      {R"("x""v1-ab")", false, false},
      {R"("", "v1-ab")", true, true},
      {R"("*")", false, false},
      {"**", false, false},
      {"W/", false, false},
      {"\"", false, false},
      {" \t,", false, false},
      {"", false, false},
  };
  for (const auto& [list, weak, strong] : examples) {
    CAPTURE(list);
    CHECK(names_tag(list, R"("v1-ab")", tag_comparison::weak) == weak);
    CHECK(names_tag(list, R"("v1-ab")", tag_comparison::strong) == strong);
    // A weak tag is found by whatever finds the strong one weakly, and by strong comparison through "*" alone.
    CHECK(names_tag(list, R"(W/"v1-ab")", tag_comparison::weak) == weak);
    CHECK(names_tag(list, R"(W/"v1-ab")", tag_comparison::strong) == (strong && list.find('*') != std::string::npos));
  }
}

TEST_CASE("RFC 9110 13.1.1: If-Match holds for a strong tag that is named and for anything that exists", "[unit]") {
  CHECK(of({.if_match = R"("a")"}) == outcome::holds);
  CHECK(of({.if_match = R"("b", "a")"}) == outcome::holds);
  CHECK(of({.if_match = "*"}) == outcome::holds);
  CHECK(of({.if_match = R"("b")"}) == outcome::failed);
  CHECK(of({.if_match = R"(W/"a")"}) == outcome::failed);
  CHECK(of({.if_match = ","}) == outcome::failed);
  CHECK(of({.if_match = R"("a")"}, missing) == outcome::failed);
  CHECK(of({.if_match = "*"}, missing) == outcome::failed);
  CHECK(of({.if_match = "*"}, {.last_modified = then}) == outcome::holds);
  CHECK(of({.if_match = R"("a")"}, {.etag = R"(W/"a")"}) == outcome::failed);
}

TEST_CASE("RFC 9110 13.1.2: If-None-Match is 304 for reads and 412 for the others", "[unit]") {
  for (const auto* list : {R"("a")", R"(W/"a")", "*", R"("b", "a")"}) {
    CAPTURE(list);
    CHECK(of({.if_none_match = list}) == outcome::not_modified);
    CHECK(of({.if_none_match = list}, tagged, false) == outcome::failed);
    CHECK(of({.if_none_match = list}, missing, false) == outcome::holds);
    CHECK(of({.if_none_match = list}, {.etag = R"(W/"a")"}) == outcome::not_modified);
  }
  CHECK(of({.if_none_match = R"("b")"}) == outcome::holds);
  CHECK(of({.if_none_match = R"("b")"}, tagged, false) == outcome::holds);
}

TEST_CASE("RFC 9110 13.1.3: If-Modified-Since is 304 when nothing has changed since, for reads alone", "[unit]") {
  CHECK(of({.if_modified_since = at_then}) == outcome::not_modified);
  CHECK(of({.if_modified_since = after_then}) == outcome::not_modified);
  CHECK(of({.if_modified_since = before_then}) == outcome::holds);
  CHECK(of({.if_modified_since = at_then}, tagged, false) == outcome::holds);
  CHECK(of({.if_modified_since = "yesterday"}) == outcome::holds);
  CHECK(of({.if_modified_since = at_then}, {.etag = "\"a\""}) == outcome::holds);
}

TEST_CASE("RFC 9110 13.1.4: If-Unmodified-Since is 412 when something has changed since", "[unit]") {
  for (const bool is_read : {true, false}) {
    CHECK(of({.if_unmodified_since = at_then}, tagged, is_read) == outcome::holds);
    CHECK(of({.if_unmodified_since = before_then}, tagged, is_read) == outcome::failed);
    CHECK(of({.if_unmodified_since = "yesterday"}, tagged, is_read) == outcome::holds);
    CHECK(of({.if_unmodified_since = before_then}, {.etag = "\"a\""}, is_read) == outcome::holds);
  }
}

TEST_CASE("RFC 9110 13.2.2: a tag takes the date's place, and If-Match comes first", "[unit]") {
  CHECK(of({.if_match = R"("a")", .if_unmodified_since = before_then}) == outcome::holds);
  CHECK(of({.if_match = R"("b")", .if_unmodified_since = after_then}) == outcome::failed);
  CHECK(of({.if_none_match = R"("b")", .if_modified_since = after_then}) == outcome::holds);
  CHECK(of({.if_none_match = R"("a")", .if_modified_since = before_then}) == outcome::not_modified);
  CHECK(of({.if_match = R"("b")", .if_none_match = R"("a")"}) == outcome::failed);
  CHECK(of({.if_match = R"("a")", .if_none_match = R"("a")"}) == outcome::not_modified);
  CHECK(of({.if_none_match = R"("a")", .if_unmodified_since = before_then}) == outcome::failed);
  CHECK(of({}) == outcome::holds);
}

TEST_CASE("RFC 9110 13.1.5: If-Range counts by a strong tag or the very date", "[unit]") {
  CHECK(range_counts("\"a\"", tagged, now));
  CHECK(range_counts(" \"a\" ", tagged, now));
  CHECK(range_counts(at_then, tagged, now));
  CHECK_FALSE(range_counts("\"b\"", tagged, now));
  CHECK_FALSE(range_counts("W/\"a\"", tagged, now));
  CHECK_FALSE(range_counts("*", tagged, now));
  CHECK_FALSE(range_counts("", tagged, now));
  CHECK_FALSE(range_counts("\"a\", \"b\"", tagged, now));
  CHECK_FALSE(range_counts(before_then, tagged, now));
  CHECK_FALSE(range_counts(after_then, tagged, now));
  const representation weak{.etag = "W/\"a\"", .last_modified = then};
  CHECK_FALSE(range_counts("W/\"a\"", weak, now));
  CHECK_FALSE(range_counts(at_then, weak, now));
  CHECK_FALSE(range_counts(at_then, {.etag = "\"a\""}, now));
}

TEST_CASE("RFC 9110 5.3: the precondition fields of a request are joined, and a date that occurs twice is none", "[unit]") {
  const std::array<header_field, 6> fields{{{"if-match", "\"a\""},
                                            {"If-None-Match", ""},
                                            {"IF-MATCH", "W/\"b\""},
                                            {"If-Modified-Since", at_then},
                                            {"If-Modified-Since", after_then},
                                            {"If-Unmodified-Since", at_then}}};
  request r;
  r.fields = fields;
  const auto asked = preconditions_of(r);
  CHECK(asked.if_match == "\"a\", W/\"b\"");
  CHECK(asked.if_none_match == ",");
  CHECK(asked.if_modified_since.empty());
  CHECK(asked.if_unmodified_since == at_then);
  const auto none = preconditions_of(request{});
  CHECK((none.if_match.empty() && none.if_none_match.empty() && none.if_modified_since.empty()));
}
