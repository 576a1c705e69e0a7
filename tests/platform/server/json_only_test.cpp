#include "platform/server/json_only.hpp"

#include <catch2/catch.hpp>

using troupe::server::is_json_type;

TEST_CASE("C-53, RFC 8259 section 8.1: a Content-Type says JSON when it is application/json and its charset, if any, utf-8") {
  for (const auto* good : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=\"UTF-8\"", "application/json ; charset=UTF-8 ; x=y",
                           "application/json;", "application/json; q=\";charset=latin1\""})
    CHECK(is_json_type(good));
  for (const auto* bad :
       {"", "json", "text/plain", "application/jsonp", "application/json2; charset=utf-8", "application/xml",
        "application/json; charset=latin1", "application/json;charset=\"utf-16\"",
        "application/json; charset=", "application/json, text/plain",
        "application/json; charset=utf-8; charset=utf-16", "application/json; charset=\""})
    CHECK_FALSE(is_json_type(bad));
}
