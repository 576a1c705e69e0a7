#include "tests/platform/actor/types.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>

namespace base = troupe::base;
using troupe::actor::from_caf;
using troupe::actor::to_caf;

TEST_CASE("an error of ours comes through CAF as it was") {
  for (std::uint8_t code = 1; code <= static_cast<std::uint8_t>(base::errc::internal); ++code) {
    const base::error error{static_cast<base::errc>(code), "detail " + std::to_string(code)};
    CHECK(from_caf(to_caf(error)) == error);
    CHECK(from_caf(caf::error(to_caf(error))) == error); // a copy
  }
  CHECK(from_caf(to_caf({base::errc::conflict, ""})) == base::error{base::errc::conflict, ""});
  const std::string bytes("\0\xff\"\r\n", 5);
  CHECK(from_caf(to_caf({base::errc::internal, bytes})).detail == bytes);
}

TEST_CASE("an error of ours without a detail has none") {
  CHECK(from_caf(caf::make_error(base::errc::not_found)) == base::error{base::errc::not_found, ""});
  CHECK(from_caf(caf::make_error(base::errc::not_found, 7)) == base::error{base::errc::not_found, ""});
}

TEST_CASE("C-94: what CAF itself reports is unavailable") {
  for (const auto& error : {caf::make_error(caf::sec::request_receiver_down), caf::make_error(caf::sec::broken_promise),
                            caf::make_error(caf::sec::request_timeout), caf::make_error(caf::exit_reason::kill), caf::error()}) {
    const auto got = from_caf(error);
    CHECK(got.code == base::errc::unavailable);
    CHECK_FALSE(got.detail.empty());
  }
}
