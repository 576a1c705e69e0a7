#include "platform/http/response.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <set>
#include <string_view>

using namespace troupe;
using base::errc;

TEST_CASE("each code of ours has its HTTP status") {
  struct row {
    errc code;
    std::uint16_t status;
  };
  const auto r = GENERATE(values<row>({
      {errc::invalid_argument, 400},
      {errc::unprocessable, 422},
      {errc::not_found, 404},
      {errc::conflict, 409},
      {errc::precondition_failed, 412},
      {errc::unauthenticated, 401},
      {errc::permission_denied, 403},
      {errc::resource_exhausted, 429},
      {errc::deadline_exceeded, 504},
      {errc::unavailable, 503},
      {errc::unimplemented, 501},
      {errc::internal, 500},
  }));
  CHECK(http::status_of(r.code) == r.status);
  CHECK(http::reason_phrase(r.status) != "Unknown");
}

TEST_CASE("a code that is not known is an internal error") {
  CHECK(http::status_of(static_cast<errc>(99)) == 500);
}

TEST_CASE("RFC 9110 15: the phrases are those of the register") {
  CHECK(http::reason_phrase(200) == "OK");
  CHECK(http::reason_phrase(413) == "Content Too Large");
  CHECK(http::reason_phrase(422) == "Unprocessable Content");
  CHECK(http::reason_phrase(408) == "Request Timeout");
  CHECK(http::reason_phrase(505) == "HTTP Version Not Supported");
  CHECK(http::reason_phrase(511) == "Network Authentication Required");
}

TEST_CASE("every registered status has a phrase, every other number has none") {
  const std::set<std::uint16_t> registered{
      100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307,
      308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422,
      423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511};
  std::set<std::string_view> phrases;
  for (std::uint16_t status = 0; status < 1000; ++status) {
    const auto phrase = http::reason_phrase(status);
    INFO(status);
    CHECK((phrase != "Unknown") == registered.contains(status));
    if (phrase != "Unknown") phrases.insert(phrase);
  }
  CHECK(phrases.size() == registered.size());
}
