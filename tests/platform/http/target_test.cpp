#include "platform/http/target.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace troupe::http;

namespace {

struct parts {
  std::string path, query;
  bool refused = false;
};

parts split(std::string_view target) {
  std::string scratch;
  const auto got = split_target(target, scratch);
  if (!got.refusal.empty()) return {"", "", true};
  return {std::string(got.path), std::string(got.query), false};
}

} // namespace

TEST_CASE("a target is split at its first question mark") {
  const struct {
    std::string_view target, path, query;
  } cases[] = {
      {"/", "/", ""},
      {"/a/b", "/a/b", ""},
      {"/a?", "/a", ""},
      {"/a?b=c&d", "/a", "b=c&d"},
      {"/a?b?c/d", "/a", "b?c/d"},
      {"/a?b=%41+c", "/a", "b=%41+c"},
      {"*", "*", ""},
      {"http://host", "/", ""},
      {"http://host/", "/", ""},
      {"https://host:8443/a?b", "/a", "b"},
      {"http://host?a=b", "/", "a=b"},
      {"http://[::1]:80/a", "/a", ""},
  };
  for (const auto& c : cases) {
    INFO(c.target);
    const auto got = split(c.target);
    CHECK_FALSE(got.refused);
    CHECK(got.path == c.path);
    CHECK(got.query == c.query);
  }
}

TEST_CASE("C-17: a path is decoded once and its dot segments never leave the root") {
  const struct {
    std::string_view target, path;
  } cases[] = {
      {"/a%20b", "/a b"},
      {"/%61", "/a"},
      {"/%252e", "/%2e"},
      {"/%25", "/%"},
      {"/a%3Fb", "/a?b"},
      {"/caf%c3%A9", "/caf\xC3\xA9"},
      {"/%F0%9F%98%80", "/\xF0\x9F\x98\x80"},
      {"/%7e", "/~"},
      {"/.", "/"},
      {"/..", "/"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/../c", "/a/c"},
      {"/../../etc/passwd", "/etc/passwd"},
      {"/a/../../../b", "/b"},
      {"/%2e%2e/b", "/b"},
      {"/%2E/b", "/b"},
      {"/a/.%2e/b", "/b"},
      {"/...", "/..."},
      {"/.hidden", "/.hidden"},
      {"/a..b/c.", "/a..b/c."},
      {"//", "//"},
      {"//host/x", "//host/x"},
      {"/a//b", "/a//b"},
      {"/a/", "/a/"},
      {"/:@!$&'()*+,;=-._~", "/:@!$&'()*+,;=-._~"},
  };
  for (const auto& c : cases) {
    INFO(c.target);
    const auto got = split(c.target);
    CHECK_FALSE(got.refused);
    CHECK(got.path == c.path);
  }
}

TEST_CASE("C-15 to C-22: what is no target is refused") {
  for (const std::string_view target : {
           "", "a", "a/b", "../a", "?a", "#", "/#a", "/a#", "/a?b#c", "http://", "http:///a", "http://host#a",
           "http://user@host/", "http://user:p@host/", "http://host:0/", "http://host:65536/", "http://host:x/",
           "http://ho st/", "ftp://host/", "host:80", "**", "*?a", "/%", "/%4", "/%zz", "/%4g", "/a%", "/?%", "/?%f",
           "/?a=%zz", "/%00", "/%1f", "/%7f", "/%0a", "/%2f", "/%2F", "/%5c", "/a\\b", "/a\"", "/<", "/>", "/^", "/`",
           "/{a}", "/a|b", "/a b", "/a\tb", "/\x7f", "/?a b", "/?\"", "/\xc3\xa9", "/?\xc3\xa9",
       }) {
    INFO(target);
    CHECK(split(target).refused);
  }
  CHECK(split(std::string_view("/a\0b", 4)).refused);
  CHECK(split(std::string_view("/?a\0b", 5)).refused);
}

TEST_CASE("RFC 3629: a path that is not UTF-8 once decoded is refused") {
  for (const std::string_view target : {"/%80", "/%c3", "/%c3%28", "/%c0%af", "/%e0%80%af", "/%f0%80%80%af", "/%ed%a0%80",
                                        "/%ed%bf%bf", "/%f4%90%80%80", "/%f8%88%80%80%80", "/%fe", "/%ff", "/%e2%82", "/%c3a"}) {
    INFO(target);
    CHECK(split(target).refused);
  }
  for (const std::string_view target : {"/%c2%80", "/%e0%a0%80", "/%ed%9f%bf", "/%ee%80%80", "/%f0%90%80%80", "/%f4%8f%bf%bf"}) {
    INFO(target);
    CHECK_FALSE(split(target).refused);
  }
}

TEST_CASE("a plain path is a view into the target") {
  const std::string target = "/v1/products/7?x";
  std::string scratch;
  const auto got = split_target(target, scratch);
  CHECK(got.path.data() == target.data());
  CHECK(scratch.empty());
}

TEST_CASE("C-20, C-22, C-24: an authority is one host with an optional port") {
  for (const std::string_view text : {"a", "a.b", "A-b_c.d", "a:80", "a:", "a:1", "a:65535", "127.0.0.1", "127.0.0.1:8080",
                                      "[::1]", "[::1]:80", "[1:2:3:4:5:6:1.2.3.4]"}) {
    INFO(text);
    CHECK(is_authority(text));
  }
  for (const std::string_view text : {"", ":", ":80", "a:0", "a:00", "a:65536", "a:99999", "a:100000", "a:-1", "a:+1", "a:8o",
                                      "a:80:80", "a b", "a,b", "a/b", "u@a", "u:p@a", "a?", "a#", "[", "[]", "[::1", "::1",
                                      "[::1]80", "[::1]a:80", "[a.b/]", "[::1]:0", "a%41", "a\\b", "\xc3\xa9"}) {
    INFO(text);
    CHECK_FALSE(is_authority(text));
  }
  CHECK_FALSE(is_authority(std::string_view("a\0", 2)));
  CHECK_FALSE(is_authority(std::string_view("a:8\0", 4)));
}

TEST_CASE("a query text is decoded, or refused when an escape is bad") {
  std::string out = "left over";
  CHECK(decode_query_text("", out));
  CHECK(out.empty());
  CHECK(decode_query_text("a+b%20c%2B%00", out));
  CHECK(out == std::string("a b c+\0", 7));
  for (const std::string_view text : {"%", "a%", "%4", "%zz", "%4z", "a%%41"}) {
    INFO(text);
    CHECK_FALSE(decode_query_text(text, out));
  }
}

TEST_CASE("a decoded path is encoded so that it is read as the same path again") {
  for (const std::string path : {"/", "/a/b", "/a b", "/caf\xC3\xA9/100%", "/a?b#c", "/\"<>", "/a+b;c=d&e"}) {
    CAPTURE(path);
    std::string target;
    append_path(target, path);
    std::string scratch;
    const auto parts = split_target(target, scratch);
    CHECK(parts.refusal.empty());
    CHECK(parts.path == path);
    CHECK(parts.query.empty());
  }
  std::string out = "x";
  append_path(out, "/a b");
  CHECK(out == "x/a%20b");
}
