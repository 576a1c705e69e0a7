#include "platform/http/accept_encoding.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::http;

namespace {

bool accepts(std::string_view value) {
  const std::array<header_field, 2> fields{{{"Host", "gzip"}, {"accept-encoding", value}}};
  request r;
  r.fields = fields;
  return accepts_gzip(r);
}

} // namespace

TEST_CASE("RFC 9110 12.5.3: gzip is chosen when it is accepted and not liked less than the identity", "[unit]") {
  for (const auto* value :
       {"gzip", "GZIP", "x-gzip", "deflate, gzip, br", "gzip;q=1", "gzip;q=0.001", "gzip; q=0.5", "gzip ; q=0.5", "gzip;Q=0.5", "*",
        "*;q=0.1", "br;q=1, gzip;q=0.5", "identity;q=0, gzip", "identity;q=0, *", "gzip;q=0.5, identity;q=0.5",
        "identity;q=0.5, gzip;q=1.0", "gzip, *;q=0", "*;q=0, gzip", "gzip;q=1.000", ",, gzip ,", "br;q=x, gzip", "gzip;q=1."}) {
    CAPTURE(value);
    CHECK(accepts(value));
  }
  for (const auto* value :
       {"", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "identity, gzip;q=0.5",
        "identity;q=0", "identity;q=0.6, gzip;q=0.5", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.0001", "gzip;q=-1", "gzip;q=", "gzip;q",
        "gzip;level=9", "gzip;q=0.5x", "gzipped", "gz ip", "\"gzip\"", "gzip=1"}) {
    CAPTURE(value);
    CHECK_FALSE(accepts(value));
  }
}

TEST_CASE("RFC 9110 5.3: several Accept-Encoding fields are one list, and none accepts nothing", "[unit]") {
  CHECK_FALSE(accepts_gzip(request{}));
  const std::array<header_field, 2> fields{{{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}}};
  request r;
  r.fields = fields;
  CHECK(accepts_gzip(r));
}
